# What is built on edo::edo, and needs more packages than it: edo::json, edo::tls and edo::http, each
# from its folder in net/. `find_package(edo COMPONENTS http)` brings them to a user.

find_package(Boost 1.81 CONFIG QUIET COMPONENTS json)
find_package(OpenSSL 3 QUIET)
find_package(ZLIB QUIET)
find_package(PkgConfig QUIET)
if(PkgConfig_FOUND)
    pkg_check_modules(libnghttp2 QUIET IMPORTED_TARGET libnghttp2)
endif()
foreach(package IN ITEMS Boost OpenSSL ZLIB libnghttp2)
    if(NOT ${package}_FOUND)
        message(FATAL_ERROR "${package} was not found, which edo::http needs. On Debian, "
            "scripts/install_packages installs everything; without HTTP: -D EDO_BUILD_HTTP=OFF.")
    endif()
endforeach()

set(edo_components)

# edo_component(NAME PUBLIC library... PRIVATE library... INTERNAL header...)
function(edo_component name)
    cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "PUBLIC;PRIVATE;INTERNAL")
    file(GLOB_RECURSE sources CONFIGURE_DEPENDS net/${name}/*.cpp)
    file(GLOB_RECURSE headers CONFIGURE_DEPENDS net/${name}/*.hpp)
    list(TRANSFORM arg_INTERNAL PREPEND ${PROJECT_SOURCE_DIR}/net/${name}/)
    list(REMOVE_ITEM headers ${arg_INTERNAL})

    add_library(edo_${name} ${sources})
    add_library(edo::${name} ALIAS edo_${name})
    target_sources(edo_${name} PUBLIC
        FILE_SET HEADERS BASE_DIRS ${PROJECT_SOURCE_DIR} FILES ${headers})
    set_target_properties(edo_${name} PROPERTIES
        EXPORT_NAME ${name}
        VERSION ${PROJECT_VERSION}
        SOVERSION ${PROJECT_VERSION_MAJOR}.${PROJECT_VERSION_MINOR}
        VERIFY_INTERFACE_HEADER_SETS ${EDO_VERIFY_HEADERS})
    target_link_libraries(edo_${name} PUBLIC edo ${arg_PUBLIC} PRIVATE spdlog::spdlog ${arg_PRIVATE})
    set(edo_components ${edo_components} ${name} PARENT_SCOPE)
endfunction()

# INTERNAL: headers that only edo's own sources may include; neither installed nor public.
edo_component(json PUBLIC Boost::json INTERNAL escape.hpp names.hpp reader.hpp)
edo_component(tls PRIVATE OpenSSL::SSL INTERNAL openssl_error.hpp tls_bio.hpp)
edo_component(http
    PUBLIC edo_json edo_tls
    PRIVATE OpenSSL::Crypto PkgConfig::libnghttp2 ZLIB::ZLIB
    INTERNAL
        base64.hpp
        boundary.hpp
        client/acquire.hpp
        client/connect_any.hpp
        client/cookie_date.hpp
        client/exchange.hpp
        client/h1_exchange.hpp
        client/h2_exchange.hpp
        client/liveness.hpp
        client/redirect.hpp
        client/request_run.hpp
        client/response_body.hpp
        client/tcp_connector.hpp
        client/tunnel.hpp
        characters.hpp
        filter/conditional.hpp
        filter/content_type.hpp
        filter/file_body.hpp
        filter/log_exception.hpp
        gunzip.hpp
        h2/client_callbacks.hpp
        h2/client_connection.hpp
        h2/client_core.hpp
        h2/client_stream.hpp
        h2/header_list.hpp
        h2/nghttp2_handles.hpp
        h2/request_head.hpp
        h2/server_callbacks.hpp
        server/date.hpp
        server/service_failure.hpp
        uri/characters.hpp
        uri/maker.hpp
        uri/parts.hpp
        uri/percent_equal.hpp)
