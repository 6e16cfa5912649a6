# SPDX-License-Identifier: Apache-2.0
#
# The functions tests/CMakeLists.txt is made of.

# weir_test_support(): tests/support/* as the library weir_test_support. Every test links it; it
# brings all of Weir, GoogleTest, GoogleMock and RapidCheck along.
function(weir_test_support)
  weir_find(sources "tests/support" "*.cpp" "" "_test\\.cpp$")
  if(sources)
    add_library(weir_test_support STATIC ${sources})
    set(scope PUBLIC)
    weir_link_everything(weir_test_support)
  else()
    add_library(weir_test_support INTERFACE)
    set(scope INTERFACE)
  endif()
  target_link_libraries(weir_test_support ${scope} GTest::gmock rapidcheck rapidcheck_gtest)
  target_compile_definitions(weir_test_support ${scope}
    WEIR_SOURCE_DIR="${PROJECT_SOURCE_DIR}"
    WEIR_BIN_DIR="${CMAKE_RUNTIME_OUTPUT_DIRECTORY}")
endfunction()

# weir_cpp_tests(): every tests/**/x_test.cpp becomes the program tests/bin/x_test and the test
# x_test. The target weir_unit_tests builds those labelled `unit` alone, and so on.
function(weir_cpp_tests)
  foreach(speed IN ITEMS unit runtime integration architecture)
    add_custom_target(weir_${speed}_tests)
  endforeach()
  weir_find(sources "tests" "*.cpp" "_test\\.cpp$" "")
  foreach(source IN LISTS sources)
    cmake_path(GET source STEM name)
    if(TARGET ${name})
      message(FATAL_ERROR "two tests are called ${name}: give ${source} another name")
    endif()
    add_executable(${name} ${source})
    set_target_properties(${name} PROPERTIES
      RUNTIME_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/tests/bin")
    weir_link_everything(${name})
    target_link_libraries(${name} PRIVATE weir_test_support GTest::gmock_main)
    # The libraries under test keep -O3; a test's own code is better built quickly than run quickly.
    target_compile_options(${name} PRIVATE $<$<CONFIG:Release>:-O1>)
    add_test(NAME ${name} COMMAND ${name})
    weir_describe_test(${name} "${source}")
    get_test_property(${name} LABELS labels)
    list(GET labels 0 speed)
    add_dependencies(weir_${speed}_tests ${name})
  endforeach()
endfunction()

# weir_python_tests(): every tests/**/x_test.py becomes the test x_test.
function(weir_python_tests)
  weir_find(sources "tests" "*.py" "_test\\.py$" "")
  foreach(source IN LISTS sources)
    cmake_path(GET source STEM name)
    add_test(NAME ${name} COMMAND "${WEIR_PYTHON}" "${source}")
    weir_describe_test(${name} "${source}")
  endforeach()
endfunction()

# weir_describe_test(<name> <source>): labels, what a test finds in its environment, and a bound
# after which a hanging test has failed. The first label is the test's speed, by folder; the others
# say what it needs beside the tree, by folder or name, so that scripts/test can leave it out where
# that is not.
function(weir_describe_test name source)
  cmake_path(RELATIVE_PATH source BASE_DIRECTORY "${PROJECT_SOURCE_DIR}/tests"
             OUTPUT_VARIABLE place)
  set(labels unit)
  set(seconds 300)
  if(place MATCHES "^(integration|architecture)/")
    set(labels ${CMAKE_MATCH_1})
    set(seconds 900) # some of these compile
  elseif(place MATCHES "^(apps|bench)/") # runs programs of bin/
    set(labels integration)
  elseif(place MATCHES "^actors/runtime/")
    set(labels runtime)
    set(seconds 900) # a thousand seeds of each kind of job
  endif()
  foreach(need IN ITEMS real_kafka real_data kcat)
    if(place MATCHES "${need}")
      list(APPEND labels ${need})
    endif()
  endforeach()
  set(environment
    "WEIR_SOURCE_DIR=${PROJECT_SOURCE_DIR}"
    "WEIR_BUILD_DIR=${PROJECT_BINARY_DIR}"
    "WEIR_BIN_DIR=${CMAKE_RUNTIME_OUTPUT_DIRECTORY}"
    "WEIR_SANITIZE=${WEIR_SANITIZE}"
    "UBSAN_OPTIONS=print_stacktrace=1")
  set_tests_properties(${name} PROPERTIES
    LABELS "${labels}" TIMEOUT ${seconds} ENVIRONMENT "${environment}")
endfunction()

# weir_compile_fail_tests(<folder>): every tests/<folder>/**/*.cpp must not compile, and the
# compiler must say the sentence of the file's `// expect: ...` lines. See
# tests/architecture/compile_fail.py.
function(weir_compile_fail_tests folder)
  weir_find(sources "tests/${folder}" "*.cpp" "" "")
  foreach(source IN LISTS sources)
    cmake_path(RELATIVE_PATH source BASE_DIRECTORY "${CMAKE_CURRENT_SOURCE_DIR}"
               OUTPUT_VARIABLE place)
    string(REGEX REPLACE "\\.cpp$" "" name "${place}")
    add_test(NAME ${name} COMMAND
      "${WEIR_PYTHON}" "${PROJECT_SOURCE_DIR}/tests/architecture/compile_fail.py"
      "${CMAKE_CXX_COMPILER}" "${WEIR_INCLUDE_DIR}" "${source}")
    set_tests_properties(${name} PROPERTIES LABELS architecture TIMEOUT 120)
  endforeach()
endfunction()
