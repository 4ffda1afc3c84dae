# What `cmake --install` puts where: the library with its headers and package files, the program, its manual.
include(CMakePackageConfigHelpers)

set(package ${CMAKE_INSTALL_LIBDIR}/cmake/assay)
install(EXPORT assay NAMESPACE assay:: FILE assay-targets.cmake DESTINATION ${package})
configure_package_config_file(${CMAKE_CURRENT_LIST_DIR}/assay-config.cmake.in
                              ${CMAKE_BINARY_DIR}/assay-config.cmake INSTALL_DESTINATION ${package})
write_basic_package_version_file(${CMAKE_BINARY_DIR}/assay-config-version.cmake
                                 COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_BINARY_DIR}/assay-config.cmake ${CMAKE_BINARY_DIR}/assay-config-version.cmake
              ${CMAKE_CURRENT_LIST_DIR}/FindIdn2.cmake ${CMAKE_CURRENT_LIST_DIR}/FindPsl.cmake
              ${CMAKE_CURRENT_LIST_DIR}/FindSodium.cmake ${CMAKE_CURRENT_LIST_DIR}/FindUnbound.cmake
              ${CMAKE_CURRENT_LIST_DIR}/FindDeflate.cmake
        DESTINATION ${package})

if(TARGET assay)
  install(TARGETS assay RUNTIME)
endif()
install(FILES docs/man/assay.1 DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)
install(FILES docs/man/assay.toml.5 DESTINATION ${CMAKE_INSTALL_MANDIR}/man5)
# Below lib itself, where systemd looks, also under /usr/local.
foreach(unit assay assay-reports assay-receive assay-web)
  configure_file(packaging/systemd/${unit}.service.in ${CMAKE_BINARY_DIR}/${unit}.service @ONLY)
  install(FILES ${CMAKE_BINARY_DIR}/${unit}.service DESTINATION lib/systemd/system)
endforeach()
install(FILES packaging/sysusers.d/assay.conf DESTINATION lib/sysusers.d)
install(FILES packaging/tmpfiles.d/assay.conf DESTINATION lib/tmpfiles.d)
install(FILES packaging/assay.toml docs/operate/grafana.json docs/operate/alerts.yml DESTINATION ${CMAKE_INSTALL_DOCDIR}/examples)
# The pages, where tools/web has built them.
install(DIRECTORY web/dist/ DESTINATION ${CMAKE_INSTALL_DATADIR}/assay/web OPTIONAL PATTERN ".sources" EXCLUDE)
install(FILES data/services.txt DESTINATION ${CMAKE_INSTALL_DATADIR}/assay)
install(FILES README.md LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR})
