# Uses edo as another project would, by WAY: `install` finds the package in a fresh installation,
# `build_tree` finds it in the build folder, `subdirectory` takes in edo's sources.

cmake_minimum_required(VERSION 3.25)

function(run)
    execute_process(COMMAND ${ARGN} COMMAND_ERROR_IS_FATAL ANY)
endfunction()

file(REMOVE_RECURSE ${WORK_DIR})
set(options)
set(target consumer)
if(WAY STREQUAL "install")
    run(${CMAKE_COMMAND} --install ${EDO_BUILD_DIR} --prefix ${WORK_DIR}/prefix)
    set(options -D edo_ROOT=${WORK_DIR}/prefix)
elseif(WAY STREQUAL "build_tree")
    set(options -D edo_DIR=${EDO_BUILD_DIR})
else()
    set(options -D EDO_SOURCE_DIR=${EDO_SOURCE_DIR})
    set(target program)  # compiled, not linked: that would build the whole library once more
endif()

run(${CMAKE_COMMAND} -S ${CMAKE_CURRENT_LIST_DIR} -B ${WORK_DIR}/build -G ${GENERATOR}
    -D WAY=${WAY}
    -D CMAKE_BUILD_TYPE=${CMAKE_BUILD_TYPE}
    -D CMAKE_CXX_COMPILER=${CMAKE_CXX_COMPILER}
    -D CMAKE_CXX_FLAGS=${CMAKE_CXX_FLAGS}
    -D CMAKE_PREFIX_PATH=${CMAKE_PREFIX_PATH}
    ${options})
run(${CMAKE_COMMAND} --build ${WORK_DIR}/build --target ${target})
if(target STREQUAL "consumer")
    run(${WORK_DIR}/build/consumer)
endif()
