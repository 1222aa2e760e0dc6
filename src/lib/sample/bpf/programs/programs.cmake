# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The BPF programs, compiled twice (see collect.bpf.c) and embedded in the library.
set(bpf_directory ${CMAKE_CURRENT_SOURCE_DIR}/lib/sample/bpf/programs)
set(bpf_sources collect.bpf.c access.h controllers.h kernel-types.h memory.h records.h)
list(TRANSFORM bpf_sources PREPEND ${bpf_directory}/)
find_program(LLVM_STRIP NAMES llvm-strip llvm-strip-19 llvm-strip-18 llvm-strip-17 llvm-strip-16
  llvm-strip-15 llvm-strip-14)
foreach(kind IN ITEMS direct probe)
  set(bpf_object_${kind} ${CMAKE_CURRENT_BINARY_DIR}/collect-${kind}.bpf.o)
  string(TOUPPER ${kind} KIND)
  set(strip "")
  if(LLVM_STRIP)
    set(strip COMMAND ${LLVM_STRIP} -g ${bpf_object_${kind}}) # keeps BTF, which the loader requires
  endif()
  add_custom_command(OUTPUT ${bpf_object_${kind}}
    COMMAND ${BPF_CLANG} -target bpf -mcpu=v3 -O2 -g -Wall -Wextra -DCOLLECT_${KIND}
      -ffile-prefix-map=${PROJECT_SOURCE_DIR}=.
      -c ${bpf_directory}/collect.bpf.c -o ${bpf_object_${kind}}
    ${strip}
    DEPENDS ${bpf_sources}
    VERBATIM COMMENT "Building BPF object collect-${kind}.bpf.o")
endforeach()
configure_file(${bpf_directory}/objects.c.in bpf-objects.c @ONLY)
set_property(SOURCE ${CMAKE_CURRENT_BINARY_DIR}/bpf-objects.c PROPERTY
  OBJECT_DEPENDS "${bpf_object_direct};${bpf_object_probe}")
target_sources(cgward_sample PRIVATE ${CMAKE_CURRENT_BINARY_DIR}/bpf-objects.c)
