# SPDX-License-Identifier: Apache-2.0
#
# weir_install(PROGRAMS <name>...): what `cmake --install` puts into the prefix:
#
#   bin/<name>              the named programs, those of them that exist
#   include/weir/...        the headers of every layer
#   lib/libweir_*.a
#   lib/cmake/weir/         find_package(weir CONFIG) with targets weir::actors, weir::dsl, ...

include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

function(weir_install)
  cmake_parse_arguments(PARSE_ARGV 0 arg "" "" "PROGRAMS")
  set(package_dir "${CMAKE_INSTALL_LIBDIR}/cmake/weir")

  get_property(libraries GLOBAL PROPERTY WEIR_LIBRARIES)
  list(TRANSFORM libraries REPLACE "^weir::" "weir_")
  install(TARGETS ${libraries} EXPORT weirTargets FILE_SET HEADERS)
  install(EXPORT weirTargets NAMESPACE weir:: DESTINATION "${package_dir}")

  foreach(program IN LISTS arg_PROGRAMS)
    if(TARGET ${program})
      install(TARGETS ${program})
    endif()
  endforeach()

  configure_package_config_file("${PROJECT_SOURCE_DIR}/cmake/weirConfig.cmake.in"
    "${PROJECT_BINARY_DIR}/package/weirConfig.cmake" INSTALL_DESTINATION "${package_dir}")
  write_basic_package_version_file("${PROJECT_BINARY_DIR}/package/weirConfigVersion.cmake"
    COMPATIBILITY SameMinorVersion)
  file(GLOB find_modules CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/cmake/Find*.cmake")
  install(FILES
    "${PROJECT_BINARY_DIR}/package/weirConfig.cmake"
    "${PROJECT_BINARY_DIR}/package/weirConfigVersion.cmake"
    ${find_modules}
    DESTINATION "${package_dir}")
endfunction()
