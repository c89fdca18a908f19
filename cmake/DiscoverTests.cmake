# Writes an add_test for each test case of a Boost.Test executable, and the list `cases` of their names.
# Run after every link of a test executable:
#     cmake -D AREA=... -D EXECUTABLE=... -D OUTPUT=... -P DiscoverTests.cmake
#
# --list_content prints a tree by indentation, where a star marks what runs and a blank what is disabled:
#     suite*
#         case*
#         described_case*: its description

cmake_minimum_required(VERSION 3.25)

set(ENV{ASAN_OPTIONS} detect_leaks=0)
execute_process(COMMAND ${EXECUTABLE} --list_content
    RESULT_VARIABLE result OUTPUT_VARIABLE content ERROR_VARIABLE content)
if(NOT result EQUAL 0)
    message(FATAL_ERROR "${EXECUTABLE} --list_content failed (${result}):\n${content}")
endif()

set(script "set(cases)\n")
set(path)  # of the previous line: its suites, then its own name

macro(add_case)
    list(JOIN path "/" case)
    string(APPEND script
        "add_test([=[${AREA}/${case}]=] [=[${EXECUTABLE}]=] [=[--run_test=${case}]=] --color_output=no)\n"
        "list(APPEND cases [=[${AREA}/${case}]=])\n")
    if(mark STREQUAL " ")
        string(APPEND script "set_tests_properties([=[${AREA}/${case}]=] PROPERTIES DISABLED TRUE)\n")
    endif()
endmacro()

if(content MATCHES "[][;]")
    message(FATAL_ERROR "${AREA}: no [, ] or ; in names and descriptions of tests, please:\n${content}")
endif()
string(REGEX MATCHALL "[^\n]+" lines "${content}")
foreach(line IN LISTS lines)
    if(NOT line MATCHES "^( *)([^*:]*[^*: ])([* ])(:.*)?$")
        message(FATAL_ERROR "${AREA}: cannot read this line of the list of tests: ${line}")
    endif()
    set(name "${CMAKE_MATCH_2}")
    string(LENGTH "${CMAKE_MATCH_1}" indentation)
    math(EXPR depth "${indentation} / 4")
    list(LENGTH path deeper)
    if(NOT depth EQUAL deeper)
        add_case()  # the previous line has nothing below it: it is a case, not a suite
    endif()
    set(mark "${CMAKE_MATCH_3}")
    list(SUBLIST path 0 ${depth} path)
    list(APPEND path "${name}")
endforeach()
if(path)
    add_case()
endif()
file(WRITE ${OUTPUT} "${script}")
