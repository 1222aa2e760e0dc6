# SPDX-License-Identifier: LGPL-2.1-or-later
#
# What `cmake --install` installs besides the library (src/library.cmake), and the target "uninstall". The program, its
# unit and its manuals name /etc/cgward, so the configuration is installed there whatever the prefix is. systemd,
# bash, zsh and fish also look below /usr/local.
set(SYSTEMD_DIRECTORY lib/systemd CACHE STRING "Directory for system/*.service and catalog/*, below the prefix")
set(ZSH_COMPLETION_DIRECTORY ${CMAKE_INSTALL_DATADIR}/zsh/site-functions CACHE STRING "Directory for zsh completions")

install(TARGETS cgward RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
foreach(section IN ITEMS 1 3 5 7 8)
  install(DIRECTORY docs/man/ DESTINATION ${CMAKE_INSTALL_MANDIR}/man${section} FILES_MATCHING PATTERN "*.${section}"
    PATTERN commands EXCLUDE)
endforeach()
install(DIRECTORY docs/schema DESTINATION ${CMAKE_INSTALL_DATADIR}/cgward)
install(FILES packaging/completions/cgward.bash DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions
  RENAME cgward)
install(FILES packaging/completions/_cgward DESTINATION ${ZSH_COMPLETION_DIRECTORY})
install(FILES packaging/completions/cgward.fish DESTINATION ${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d)
if(WITH_TUI)
  install(DIRECTORY config/themes DESTINATION ${CMAKE_INSTALL_DATADIR}/cgward)
endif()

# cgward_install_unit(NAME): packaging/systemd/NAME.in, with the path of the program.
function(cgward_install_unit name)
  configure_file(packaging/systemd/${name}.in ${CMAKE_CURRENT_BINARY_DIR}/${name} @ONLY)
  install(FILES ${CMAKE_CURRENT_BINARY_DIR}/${name} DESTINATION ${SYSTEMD_DIRECTORY}/system)
endfunction()

if(HAVE_ENFORCE)
  cgward_install_unit(cgward.service)
  install(FILES packaging/systemd/cgward.catalog DESTINATION ${SYSTEMD_DIRECTORY}/catalog)
  install(DIRECTORY config/examples DESTINATION ${CMAKE_INSTALL_DOCDIR})
  # The administrator's changes are kept.
  install(CODE "
    if(NOT EXISTS \"\$ENV{DESTDIR}/etc/cgward/cgward.conf\")
      file(INSTALL \"${PROJECT_SOURCE_DIR}/config/cgward.conf\" DESTINATION /etc/cgward)
    endif()")
endif()
if(HAVE_HTTP AND HAVE_SYSTEMD)
  cgward_install_unit(cgward-serve.service)
  install(FILES packaging/systemd/cgward-serve.socket DESTINATION ${SYSTEMD_DIRECTORY}/system)
endif()

add_custom_target(uninstall
  COMMAND ${CMAKE_COMMAND} -D MANIFEST=${CMAKE_BINARY_DIR}/install_manifest.txt -P ${PROJECT_SOURCE_DIR}/packaging/cmake/uninstall.cmake
  VERBATIM)
