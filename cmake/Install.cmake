# `find_package(edo)` for an installation and, with edo_DIR pointing there, for a build tree.

include(CMakePackageConfigHelpers)

set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/edo)
get_target_property(edo_type edo TYPE)
set(edo_needs_liburing FALSE)
if(EDO_HAS_LIBURING AND edo_type STREQUAL "STATIC_LIBRARY")
    set(edo_needs_liburing TRUE)
endif()
configure_package_config_file(cmake/edo-config.cmake.in ${PROJECT_BINARY_DIR}/edo-config.cmake
    INSTALL_DESTINATION ${package_dir})
write_basic_package_version_file(${PROJECT_BINARY_DIR}/edo-config-version.cmake
    COMPATIBILITY SameMinorVersion)

install(TARGETS edo EXPORT edo-targets
    FILE_SET HEADERS DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/edo)
install(EXPORT edo-targets NAMESPACE edo:: DESTINATION ${package_dir})
install(FILES ${PROJECT_BINARY_DIR}/edo-config.cmake ${PROJECT_BINARY_DIR}/edo-config-version.cmake
    DESTINATION ${package_dir})

export(EXPORT edo-targets NAMESPACE edo:: FILE ${PROJECT_BINARY_DIR}/edo-targets.cmake)

# The components, each with its own file of targets: who does not ask for them needs none of their packages.
foreach(name IN LISTS edo_components)
    install(TARGETS edo_${name} EXPORT edo-${name}-targets
        FILE_SET HEADERS DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/edo)
    install(EXPORT edo-${name}-targets NAMESPACE edo:: DESTINATION ${package_dir})
    export(EXPORT edo-${name}-targets NAMESPACE edo:: FILE ${PROJECT_BINARY_DIR}/edo-${name}-targets.cmake)
endforeach()
