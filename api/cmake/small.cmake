# SPDX-License-Identifier: MIT
# The smallest code that the compiler can make. Without unwind tables a debugger cannot walk through the
# library, and C++ exceptions must not pass through it, as they must not anyway.
include(CheckCSourceCompiles)

set(small -Os -fno-unwind-tables -fno-asynchronous-unwind-tables)
target_compile_options(ccid_flags INTERFACE ${small} -ffunction-sections -fdata-sections)
target_link_options(ccid_flags INTERFACE ${small} LINKER:--gc-sections)
if(CMAKE_C_COMPILER_ID STREQUAL "GNU")
  target_compile_options(ccid_flags INTERFACE $<$<COMPILE_LANGUAGE:C>:-flto=auto>
    $<$<COMPILE_LANGUAGE:C>:-ffat-lto-objects>)
  target_link_options(ccid_flags INTERFACE -flto=auto)
endif()

# Relocations in a tenth of the room, where the C library surely knows them at run time.
check_c_source_compiles("
#include <features.h>
#if !__GLIBC_PREREQ(2, 36)
#error older
#endif
int main(void) { return 0; }" ISCARD_PACKED_RELOCATIONS)
include(CheckLinkerFlag)
check_linker_flag(C "LINKER:-z,pack-relative-relocs" ISCARD_LINKER_PACKS)
if(ISCARD_PACKED_RELOCATIONS AND ISCARD_LINKER_PACKS)
  target_link_options(ccid_flags INTERFACE LINKER:-z,pack-relative-relocs)
endif()
