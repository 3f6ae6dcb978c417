# 32 bit ARM with hard float (Debian armhf), against the sysroot of armhf-sysroot.sh:
#   cmake -S . -B build-armhf -DCMAKE_TOOLCHAIN_FILE=packaging/armhf.cmake -DARMHF_SYSROOT=FOLDER
# The unit tests run as ARM programs under qemu-user: ctest --test-dir build-armhf
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR armv7l)
set(CMAKE_C_COMPILER arm-linux-gnueabihf-gcc)
set(CMAKE_LIBRARY_ARCHITECTURE arm-linux-gnueabihf)
set(CMAKE_C_LIBRARY_ARCHITECTURE arm-linux-gnueabihf)

if(NOT ARMHF_SYSROOT)
  set(ARMHF_SYSROOT "${CMAKE_CURRENT_LIST_DIR}/../build-armhf-cache/sysroot")
endif()
get_filename_component(ARMHF_SYSROOT "${ARMHF_SYSROOT}" ABSOLUTE)
if(NOT EXISTS "${ARMHF_SYSROOT}/usr/include")
  message(FATAL_ERROR "there is no sysroot in ${ARMHF_SYSROOT}: sh packaging/armhf-sysroot.sh makes it")
endif()
list(APPEND CMAKE_TRY_COMPILE_PLATFORM_VARIABLES ARMHF_SYSROOT)

set(CMAKE_SYSROOT "${ARMHF_SYSROOT}")
set(CMAKE_FIND_ROOT_PATH "${ARMHF_SYSROOT}")
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_PACKAGE ONLY)
set(ENV{PKG_CONFIG_DIR} "")
set(ENV{PKG_CONFIG_SYSROOT_DIR} "${ARMHF_SYSROOT}")
set(ENV{PKG_CONFIG_LIBDIR} "${ARMHF_SYSROOT}/usr/lib/arm-linux-gnueabihf/pkgconfig:${ARMHF_SYSROOT}/usr/share/pkgconfig")
set(CMAKE_CROSSCOMPILING_EMULATOR "qemu-arm-static;-L;${ARMHF_SYSROOT}")
