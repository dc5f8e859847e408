# The library once more, able to make the mistakes that the models and the no-spin test must notice
# (src/support/seeded_mistake.h), and the tests that they do. Only the sources that such a mistake is in are compiled anew.
pipes_add_variant(SEEDED_MISTAKES SOURCES src/linux/named_end.cpp src/linux/named_end_overlapped.cpp
                                          src/linux/named_end_read.cpp src/linux/named_end_write.cpp
                                          src/pipe/instance_state.cpp)

# The models themselves are compiled already.
add_executable(pipes_model_tests_with_mistakes $<TARGET_OBJECTS:pipes_model_tests> ${objects_with_seeded_mistakes})
set_target_properties(pipes_model_tests_with_mistakes PROPERTIES LINKER_LANGUAGE CXX)
target_link_libraries(pipes_model_tests_with_mistakes PRIVATE ${rapidcheck_libraries} pipes_options pipes_test_support
                                                              GTest::gmock_main)
add_test(NAME model.seeded_mistakes COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/model/seeded_mistakes
                                            $<TARGET_FILE:pipes_model_tests_with_mistakes>)
math(EXPR seconds "600 * ${PIPES_TEST_TIMEOUT_FACTOR}")
set_tests_properties(model.seeded_mistakes PROPERTIES LABELS model TIMEOUT ${seconds})

# The shared library has the name of the real one, in a folder apart: the tests find it there if they are told to.
set_target_properties(
  pipes_with_seeded_mistakes
  PROPERTIES OUTPUT_NAME pipes VERSION ${PROJECT_VERSION} SOVERSION ${PROJECT_VERSION_MAJOR}
             LIBRARY_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/lib/mistakes)
add_dependencies(pipes_stress_tests pipes_with_seeded_mistakes)
add_test(NAME stress.without_fences COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/stress/without_fences
                                            $<TARGET_FILE:pipes_stress_tests>
                                            $<TARGET_FILE_DIR:pipes_with_seeded_mistakes>)
set_tests_properties(stress.without_fences PROPERTIES LABELS stress RUN_SERIAL ON TIMEOUT 600)
