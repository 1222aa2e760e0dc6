# SPDX-License-Identifier: LGPL-2.1-or-later
#
# libcgward: builds the modules of the library as one shared and one static library, and installs
# the pkg-config and CMake files for its users. The cgward program links the modules directly.
set(library_modules base kernel metric sample model limit policy advise inspect render recording)
# SONAME. It is increased by the first incompatible change of the ABI since the last release: tests/install/abi.sh compares
# with the newest tag. Before the first release no program can depend on it, so it stays 0.
set(library_version 0)

set(library_objects "")
set(library_targets "")
set(library_links "")
foreach(module IN LISTS library_modules)
  if(NOT TARGET cgward_${module})
    continue()
  endif()
  list(APPEND library_objects $<TARGET_OBJECTS:cgward_${module}>)
  list(APPEND library_targets cgward_${module})
  get_target_property(links cgward_${module} INTERFACE_LINK_LIBRARIES)
  foreach(link IN LISTS links)
    # Skip compiler flags and modules: users of the library do not link them.
    if(NOT link MATCHES "cgward_")
      list(APPEND library_links ${link})
    endif()
  endforeach()
endforeach()
list(REMOVE_DUPLICATES library_links)
file(GLOB library_headers CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/include/cgward/*.h
  ${PROJECT_SOURCE_DIR}/include/cgward/*.def)

add_library(cgward_shared SHARED ${library_objects})
add_library(cgward::cgward ALIAS cgward_shared)
target_link_libraries(cgward_shared PRIVATE cgward_flags ${library_links})
target_link_options(cgward_shared PRIVATE
  -Wl,--version-script=${CMAKE_CURRENT_SOURCE_DIR}/libcgward.map -Wl,--no-undefined)
target_include_directories(cgward_shared INTERFACE
  $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include> $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
set_target_properties(cgward_shared PROPERTIES OUTPUT_NAME cgward EXPORT_NAME cgward LINKER_LANGUAGE C
  VERSION ${library_version}.${PROJECT_VERSION_MINOR}.${PROJECT_VERSION_PATCH} SOVERSION ${library_version}
  LINK_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/libcgward.map)

# The archive contains one object with only the public symbols. An archive of the modules would add
# the names of all internal functions to a program that links it.
set(archive ${CMAKE_CURRENT_BINARY_DIR}/libcgward.a)
add_custom_command(OUTPUT ${archive}
  COMMAND ${CMAKE_LINKER} -r -o libcgward.o ${library_objects}
  COMMAND ${CMAKE_OBJCOPY} --wildcard --keep-global-symbol=cgw_* libcgward.o
  COMMAND ${CMAKE_COMMAND} -E rm -f ${archive}
  COMMAND ${CMAKE_AR} qcD ${archive} libcgward.o
  COMMAND ${CMAKE_RANLIB} -D ${archive}
  DEPENDS ${library_targets} WORKING_DIRECTORY ${CMAKE_CURRENT_BINARY_DIR}
  COMMAND_EXPAND_LISTS VERBATIM COMMENT "Linking C static library libcgward.a")
add_custom_target(cgward_archive ALL DEPENDS ${archive})

# The names of the required libraries for pkg-config and for the linker.
set(library_requires "")
set(library_private "")
foreach(link IN LISTS library_links)
  if(link MATCHES "^PkgConfig::(.*)$")
    list(APPEND library_requires ${${CMAKE_MATCH_1}_MODULE_NAME})
  elseif(link STREQUAL "Threads::Threads")
    list(APPEND library_private -pthread)
  else()
    list(APPEND library_private -l${link})
  endif()
endforeach()
list(JOIN library_requires ", " PC_REQUIRES)
list(JOIN library_private " " PC_LIBS_PRIVATE)
set(PACKAGE_MODULES ${library_requires})
set(PACKAGE_LIBRARIES ${library_private})
configure_file(${PROJECT_SOURCE_DIR}/packaging/library/cgward.pc.in cgward.pc @ONLY)

if(NOT WITH_INSTALL)
  return()
endif()
include(CMakePackageConfigHelpers)
set(package_directory ${CMAKE_INSTALL_LIBDIR}/cmake/cgward)
configure_package_config_file(${PROJECT_SOURCE_DIR}/packaging/library/cgward-config.cmake.in
  cgward-config.cmake INSTALL_DESTINATION ${package_directory}
  PATH_VARS CMAKE_INSTALL_INCLUDEDIR CMAKE_INSTALL_LIBDIR)
write_basic_package_version_file(cgward-config-version.cmake COMPATIBILITY SameMinorVersion)

install(TARGETS cgward_shared EXPORT cgward
  LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT library NAMELINK_COMPONENT development)
install(FILES ${archive} DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT development)
install(FILES ${library_headers} DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/cgward
  COMPONENT development)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/cgward.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig
  COMPONENT development)
install(EXPORT cgward FILE cgward-targets.cmake NAMESPACE cgward:: DESTINATION ${package_directory}
  COMPONENT development)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/cgward-config.cmake
  ${CMAKE_CURRENT_BINARY_DIR}/cgward-config-version.cmake DESTINATION ${package_directory}
  COMPONENT development)
