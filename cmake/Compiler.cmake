# Which compilers are accepted, and how edo's own targets are compiled. Everything here is set for
# this directory and below, so nothing of it reaches the projects that use edo.

if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 19)
    message(FATAL_ERROR "clang ${CMAKE_CXX_COMPILER_VERSION} is not supported: before version 19 it "
        "miscompiles coroutines that move between threads. Use clang 19 or later, as "
        "`cmake --preset release` does.")
endif()
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 12.3)
    message(WARNING "g++ ${CMAKE_CXX_COMPILER_VERSION} miscompiles `co_await` inside a condition: the "
        "coroutine's body may be skipped silently. Use clang 19 or g++ 12.3 or later for your own "
        "coroutines, or follow docs/footguns.md.")
endif()

set(CMAKE_CXX_EXTENSIONS OFF)
add_compile_options(-Wall -Wextra -Wshadow -Werror=unused-result
    $<$<COMPILE_LANGUAGE:CXX>:-Wnon-virtual-dtor>)
if(EDO_WERROR)
    add_compile_options(-Werror)
endif()
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
    # False alarms in std::string: GCC bugs 105651 and 105329.
    add_compile_options(-Wno-restrict -Wno-array-bounds -Wno-stringop-overflow)
endif()
if(EDO_ASSERTIONS)
    add_compile_definitions(EDO_ASSERTIONS=1 _GLIBCXX_ASSERTIONS)
endif()

if(PROJECT_IS_TOP_LEVEL)
    if(NOT CMAKE_BUILD_TYPE)
        set(CMAKE_BUILD_TYPE Release)
    endif()
    find_program(EDO_CCACHE ccache)
    if(EDO_CCACHE AND NOT DEFINED CMAKE_CXX_COMPILER_LAUNCHER)
        # Without these two, ccache does not help where a precompiled header is used.
        set(CMAKE_CXX_COMPILER_LAUNCHER
            env CCACHE_SLOPPINESS=pch_defines,time_macros ${EDO_CCACHE})
    endif()
endif()
