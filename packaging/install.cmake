# The installed layout, one component a package (packaging/make.sh):
#   sbin/concentratord  bin/concentratorctl  lib/concentrator/: the programs that concentratord starts
#   share/concentrator/{boards,profiles}     /etc: configuration and start files
# concentratord looks beside itself first, so that a build folder is complete, then here.
set(CN_LIBEXEC lib/concentrator)
set(CN_SHARE share/concentrator)
target_compile_definitions(cn_core PRIVATE CN_INSTALL_BIN="${CMAKE_INSTALL_PREFIX}/${CN_LIBEXEC}"
  CN_INSTALL_SHARE="${CMAKE_INSTALL_PREFIX}/${CN_SHARE}")

install(TARGETS concentratord RUNTIME DESTINATION sbin COMPONENT concentrator)
install(TARGETS concentratorctl RUNTIME DESTINATION bin COMPONENT concentrator)
install(TARGETS concentrator-bus concentrator-uplink RUNTIME DESTINATION ${CN_LIBEXEC} COMPONENT concentrator)
foreach(program concentrator-mqtt concentrator-hmi)
  if(TARGET ${program})
    install(TARGETS ${program} RUNTIME DESTINATION ${CN_LIBEXEC} COMPONENT ${program})
  endif()
endforeach()

install(DIRECTORY bsp/boards/ DESTINATION ${CN_SHARE}/boards COMPONENT concentrator FILES_MATCHING PATTERN "*.board")
install(DIRECTORY southbound/profiles/ DESTINATION ${CN_SHARE}/profiles COMPONENT concentrator-profiles
  FILES_MATCHING PATTERN "*.profile")

install(PROGRAMS packaging/etc/prepare DESTINATION ${CN_LIBEXEC} COMPONENT concentrator)
install(FILES packaging/etc/concentrator.conf DESTINATION /etc/concentrator COMPONENT concentrator)
install(PROGRAMS packaging/etc/concentrator.init DESTINATION /etc/init.d RENAME concentrator COMPONENT concentrator)
install(FILES packaging/etc/concentrator.service DESTINATION lib/systemd/system COMPONENT concentrator)
install(FILES LICENSE packaging/licences/unifont-OFL.txt DESTINATION share/doc/concentrator COMPONENT concentrator)
install(FILES packaging/licences/unifont-OFL.txt DESTINATION share/doc/concentrator-hmi COMPONENT concentrator-hmi)

# glibc 2.36: with _FORTIFY_SOURCE its header calls the ppoll of 32-bit time also where time_t has 64 bits, and each
# deadline of the bus is read wrongly. tests/arm/check_time64.sh finds such calls.
set_source_files_properties(southbound/link.c DIRECTORY southbound PROPERTIES COMPILE_OPTIONS "-U_FORTIFY_SOURCE")
