# The target edo::liburing, for ReactorKind::IoUring. Without liburing edo is built all the same, and uses epoll.
# Who links edo statically links liburing, too: see edo-config.cmake.in.

find_path(EDO_LIBURING_INCLUDE_DIR liburing.h)
find_library(EDO_LIBURING_LIBRARY uring)
mark_as_advanced(EDO_LIBURING_INCLUDE_DIR EDO_LIBURING_LIBRARY)

set(EDO_HAS_LIBURING FALSE)
if(NOT EDO_IO_URING)
    return()
endif()
if(NOT EDO_LIBURING_INCLUDE_DIR OR NOT EDO_LIBURING_LIBRARY)
    message(STATUS "liburing was not found: edo is without io_uring, and epoll takes its place. On Debian, the "
        "package is liburing-dev, which scripts/install_packages installs. To do without: -D EDO_IO_URING=OFF.")
    return()
endif()
set(EDO_HAS_LIBURING TRUE)
add_library(edo::liburing UNKNOWN IMPORTED GLOBAL)
set_target_properties(edo::liburing PROPERTIES
    IMPORTED_LOCATION ${EDO_LIBURING_LIBRARY}
    INTERFACE_INCLUDE_DIRECTORIES ${EDO_LIBURING_INCLUDE_DIR})
