# SPDX-License-Identifier: Apache-2.0
#
# One function for each kind of thing the tree holds. All of them find their files by name and place
# and look again at every build, so that a new file needs no edit; a folder that is missing or still
# empty is no error.

# weir_library(<name> FOLDER <folder> [ONLY <regex>] [EXCEPT <regex>] [PUBLIC ...] [PRIVATE ...])
#
# The static library weir_<name>, known as weir::<name>, made of <folder>/**/*.cpp whose file names
# match ONLY and do not match EXCEPT. With headers alone it is an INTERFACE library.
function(weir_library name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "FOLDER;ONLY;EXCEPT" "PUBLIC;PRIVATE")
  weir_find(sources "${arg_FOLDER}" "*.cpp" "${arg_ONLY}" "${arg_EXCEPT}")
  weir_find(headers "${arg_FOLDER}" "*.hpp" "${arg_ONLY}" "${arg_EXCEPT}")
  list(TRANSFORM headers REPLACE "^${PROJECT_SOURCE_DIR}" "${WEIR_INCLUDE_DIR}/weir")

  set(target weir_${name})
  if(sources)
    add_library(${target} STATIC ${sources})
    target_link_libraries(${target} PUBLIC ${arg_PUBLIC} PRIVATE ${arg_PRIVATE})
    set(scope PUBLIC)
  else()
    add_library(${target} INTERFACE)
    target_link_libraries(${target} INTERFACE ${arg_PUBLIC})
    set(scope INTERFACE)
  endif()
  add_library(weir::${name} ALIAS ${target})

  target_compile_features(${target} ${scope} cxx_std_20)
  target_sources(${target} ${scope}
    FILE_SET HEADERS BASE_DIRS "${WEIR_INCLUDE_DIR}" FILES ${headers})
  set_target_properties(${target} PROPERTIES
    EXPORT_NAME ${name}
    VERIFY_INTERFACE_HEADER_SETS ON) # each header is compiled alone by tests/architecture
  if(sources)
    target_compile_definitions(${target} PRIVATE WEIR_VERSION="${PROJECT_VERSION}")
  endif()
  set_property(GLOBAL APPEND PROPERTY WEIR_LIBRARIES weir::${name})
endfunction()

# weir_programs(<folder>): every <folder>/<name>/*.cpp becomes the program bin/<name>.
function(weir_programs folder)
  weir_find(sources "${folder}" "*.cpp" "" "")
  set(programs "")
  foreach(source IN LISTS sources)
    cmake_path(GET source PARENT_PATH directory)
    cmake_path(GET directory FILENAME name)
    list(APPEND programs ${name})
    list(APPEND sources_of_${name} ${source})
  endforeach()
  list(REMOVE_DUPLICATES programs)

  get_property(libraries GLOBAL PROPERTY WEIR_LIBRARIES)
  foreach(name IN LISTS programs)
    add_executable(${name} ${sources_of_${name}})
    target_link_libraries(${name} PRIVATE ${libraries})
    target_compile_definitions(${name} PRIVATE WEIR_VERSION="${PROJECT_VERSION}")
  endforeach()
endfunction()

# weir_bench(<folder>): <folder>/*.cpp becomes the program bin/weir_bench. Its baselines are written
# by hand against the same third-party libraries that Weir uses. A baseline in *_avx2.cpp is
# compiled for AVX2 and FMA (and chosen at run time), as somebody who builds for their own machine
# would.
function(weir_bench folder)
  weir_find(sources "${folder}" "*.cpp" "" "")
  if(sources)
    add_executable(weir_bench ${sources})
    weir_link_everything(weir_bench)
    if(CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|AMD64")
      set(avx2_sources ${sources})
      list(FILTER avx2_sources INCLUDE REGEX "_avx2\\.cpp$")
      set_source_files_properties(${avx2_sources} PROPERTIES COMPILE_OPTIONS "-mavx2;-mfma")
    endif()
    target_compile_definitions(weir_bench PRIVATE
      WEIR_VERSION="${PROJECT_VERSION}"
      WEIR_SOURCE_DIR="${PROJECT_SOURCE_DIR}"
      WEIR_BIN_DIR="${CMAKE_RUNTIME_OUTPUT_DIRECTORY}")
  endif()
endfunction()

# weir_link_everything(<target>): all of Weir and all it stands on, for tests and benches.
function(weir_link_everything target)
  get_property(libraries GLOBAL PROPERTY WEIR_LIBRARIES)
  target_link_libraries(${target} PRIVATE
    ${libraries}
    CAF::core CLI11::CLI11 Eigen3::Eigen FastFloat::fast_float HDF5Serial::hdf5
    OpenSSL::SSL RdKafka::rdkafka RocksDB::rocksdb-shared simdjson::simdjson
    tomlplusplus::tomlplusplus XXHash::xxhash)
endfunction()

# weir_find(<out> <folder> <glob> <only> <except>): files below <folder>, by name, in stable order.
function(weir_find out folder glob only except)
  file(GLOB_RECURSE found LIST_DIRECTORIES false CONFIGURE_DEPENDS
       "${PROJECT_SOURCE_DIR}/${folder}/${glob}")
  set(kept "")
  foreach(file IN LISTS found)
    cmake_path(GET file FILENAME name)
    if((NOT only OR name MATCHES "${only}") AND (NOT except OR NOT name MATCHES "${except}"))
      list(APPEND kept "${file}")
    endif()
  endforeach()
  set(${out} "${kept}" PARENT_SCOPE)
endfunction()
