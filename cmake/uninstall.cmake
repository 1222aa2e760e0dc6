# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The target "uninstall": removes what `cmake --install` installed last, but the configuration.
if(NOT EXISTS ${MANIFEST})
  message(FATAL_ERROR "cannot uninstall: ${MANIFEST} does not exist; it is written by cmake --install")
endif()
file(STRINGS ${MANIFEST} files)
foreach(file IN LISTS files)
  set(path "$ENV{DESTDIR}${file}")
  if(file MATCHES "^/etc/")
    message(STATUS "keeping ${path}")
  elseif(EXISTS "${path}" OR IS_SYMLINK "${path}")
    message(STATUS "removing ${path}")
    file(REMOVE "${path}")
  endif()
endforeach()
