# SPDX-License-Identifier: MIT
# The libraries as users link them, and everything that helps to find them.
include(CMakePackageConfigHelpers)

set(parts ccid_proto ccid_driver ccid_traces ccid_api)
# Not "iscard": that is the tool, at the top of the build folder.
add_library(iscard_shared SHARED)
add_library(iscard_static STATIC)
foreach(lib iscard_shared iscard_static)
  foreach(part ${parts})
    target_sources(${lib} PRIVATE $<TARGET_OBJECTS:${part}>)
  endforeach()
  target_include_directories(${lib} INTERFACE
    $<BUILD_INTERFACE:${CMAKE_CURRENT_SOURCE_DIR}/include>
    $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
  target_link_libraries(${lib} PRIVATE PkgConfig::LIBUSB Threads::Threads
    $<BUILD_INTERFACE:ccid_flags>)
  if(ISCARD_USBREDIR)
    target_link_libraries(${lib} PRIVATE PkgConfig::USBREDIR)
  endif()
endforeach()
add_library(iscard::iscard ALIAS iscard_shared)
add_library(iscard::iscard_static ALIAS iscard_static)
set_target_properties(iscard_shared PROPERTIES
  OUTPUT_NAME iscard
  EXPORT_NAME iscard
  LINKER_LANGUAGE C
  VERSION ${PROJECT_VERSION}
  SOVERSION ${PROJECT_VERSION_MAJOR}
  LINK_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/iscard.map)
target_link_options(iscard_shared PRIVATE LINKER:--version-script=${CMAKE_CURRENT_SOURCE_DIR}/iscard.map
  LINKER:-Bsymbolic-functions) # a program may have another copy
if(ISCARD_PCSC)
  target_sources(iscard_shared PRIVATE $<TARGET_OBJECTS:ccid_pcsc>)
endif()
if(NOT ISCARD_SANITIZE)
  target_link_options(iscard_shared PRIVATE LINKER:--no-undefined)
endif()
set_target_properties(iscard_static PROPERTIES LINKER_LANGUAGE C OUTPUT_NAME iscard)
if(ISCARD_LTO AND CMAKE_C_COMPILER_ID STREQUAL "GNU" AND CMAKE_OBJCOPY AND NOT ISCARD_SMALL
   AND NOT ISCARD_SANITIZE AND NOT ISCARD_FUZZ AND NOT CMAKE_BUILD_TYPE STREQUAL "Debug")
  include(cmake/lto.cmake)
endif()

add_library(iscard_compat INTERFACE)
target_include_directories(iscard_compat INTERFACE
  $<BUILD_INTERFACE:${CMAKE_CURRENT_SOURCE_DIR}/compat>
  $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}/iscard-compat>)
target_link_libraries(iscard_compat INTERFACE iscard_shared)
set_target_properties(iscard_compat PROPERTIES EXPORT_NAME compat)
add_library(iscard::compat ALIAS iscard_compat)

# The .pc files find the prefix from where they lie, so that an installation can be moved.
cmake_path(RELATIVE_PATH CMAKE_INSTALL_PREFIX
  BASE_DIRECTORY ${CMAKE_INSTALL_FULL_LIBDIR}/pkgconfig OUTPUT_VARIABLE ISCARD_PC_PREFIX)
set(ISCARD_PC_PREFIX "\${pcfiledir}/${ISCARD_PC_PREFIX}")
foreach(dir LIBDIR INCLUDEDIR)
  if(IS_ABSOLUTE "${CMAKE_INSTALL_${dir}}")
    set(ISCARD_PC_${dir} "${CMAKE_INSTALL_${dir}}")
  else()
    set(ISCARD_PC_${dir} "\${prefix}/${CMAKE_INSTALL_${dir}}")
  endif()
endforeach()
set(ISCARD_PC_REQUIRES "libusb-1.0 >= 1.0.23")
if(ISCARD_USBREDIR)
  string(APPEND ISCARD_PC_REQUIRES ", libusbredirparser-0.5")
endif()
set(package ${CMAKE_INSTALL_LIBDIR}/cmake/iscard)
configure_file(cmake/iscard.pc.in iscard.pc @ONLY)
configure_file(cmake/iscard-compat.pc.in iscard-compat.pc @ONLY)
configure_package_config_file(cmake/iscardConfig.cmake.in iscardConfig.cmake
  INSTALL_DESTINATION ${package})
write_basic_package_version_file(iscardConfigVersion.cmake COMPATIBILITY SameMinorVersion)

install(TARGETS iscard_shared iscard_static iscard_compat EXPORT iscard)
install(EXPORT iscard NAMESPACE iscard:: FILE iscardTargets.cmake DESTINATION ${package})
install(DIRECTORY include/iscard DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(DIRECTORY compat/ DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/iscard-compat)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/iscard.pc ${CMAKE_CURRENT_BINARY_DIR}/iscard-compat.pc
  DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/iscardConfig.cmake
  ${CMAKE_CURRENT_BINARY_DIR}/iscardConfigVersion.cmake DESTINATION ${package})
