# SPDX-License-Identifier: MIT
# The smallest code that the compiler can make. Without unwind tables a debugger cannot walk through the
# library, and C++ exceptions must not pass through it, as they must not anyway.
include(CheckCCompilerFlag)
include(CheckCSourceCompiles)
include(CheckLinkerFlag)

set(small -Os -fno-unwind-tables -fno-asynchronous-unwind-tables)
check_c_compiler_flag(-Oz ISCARD_COMPILER_HAS_OZ)
if(ISCARD_COMPILER_HAS_OZ)
  list(APPEND small -Oz)
endif()
if(CMAKE_SYSTEM_PROCESSOR MATCHES "^(x86_64|AMD64|i.86)$")
  # A call through the table is one byte longer, and saves a stub of sixteen. Elsewhere it is no gain.
  list(APPEND small -fno-plt)
endif()
target_compile_options(ccid_flags INTERFACE ${small} -ffunction-sections -fdata-sections)
target_link_options(ccid_flags INTERFACE ${small} LINKER:--gc-sections)
if(CMAKE_C_COMPILER_ID STREQUAL "GNU")
  # One partition: the compiler sees all callers. Without what makes more code of some for speed.
  set(whole -flto=auto -flto-partition=one -fno-ipa-cp -fno-partial-inlining -fno-tree-sra -fno-ivopts
    -fno-shrink-wrap -fno-tree-dominator-opts)
  target_compile_options(ccid_flags INTERFACE "$<$<COMPILE_LANGUAGE:C>:${whole}>"
    $<$<COMPILE_LANGUAGE:C>:-ffat-lto-objects>)
  target_link_options(ccid_flags INTERFACE ${whole})
endif()

# ccid_small_link(OPTION): an option of the linker, where it has it.
function(ccid_small_link option)
  string(MAKE_C_IDENTIFIER "ISCARD_LINKER${option}" known)
  check_linker_flag(C "LINKER:${option}" ${known})
  if(${known})
    target_link_options(ccid_flags INTERFACE "LINKER:${option}")
  endif()
endfunction()
# Nobody stands in for a function of the library that the library itself calls.
ccid_small_link(-Bsymbolic-functions)

# Relocations in a tenth of the room, where the C library surely knows them at run time.
check_c_source_compiles("
#include <features.h>
#if !__GLIBC_PREREQ(2, 36)
#error older
#endif
int main(void) { return 0; }" ISCARD_PACKED_RELOCATIONS)
if(ISCARD_PACKED_RELOCATIONS)
  ccid_small_link(-z,pack-relative-relocs)
endif()
