# The library once more, able to make the mistakes that the models and the no-spin test must notice
# (src/support/seeded_mistake.h). Only the sources that such a mistake is in are compiled anew.
set(mistake_sources src/linux/named_end.cpp src/linux/named_end_read.cpp src/linux/named_end_write.cpp
                    src/pipe/instance_state.cpp)
list(TRANSFORM mistake_sources APPEND ".o" OUTPUT_VARIABLE mistake_objects)
list(JOIN mistake_objects "|" mistake_objects)
list(TRANSFORM mistake_sources PREPEND ${PROJECT_SOURCE_DIR}/)

add_library(pipes_mistake_objects OBJECT ${mistake_sources})
target_compile_definitions(pipes_mistake_objects PRIVATE PIPES_BUILDING PIPES_SEEDED_MISTAKES)
target_include_directories(pipes_mistake_objects PRIVATE ${PROJECT_SOURCE_DIR}/src)
target_link_libraries(pipes_mistake_objects PRIVATE pipes_options Microsoft.GSL::GSL)
set_target_properties(
  pipes_mistake_objects PROPERTIES POSITION_INDEPENDENT_CODE ON C_VISIBILITY_PRESET hidden CXX_VISIBILITY_PRESET hidden
                                   VISIBILITY_INLINES_HIDDEN ON)
set(objects_with_mistakes "$<FILTER:$<TARGET_OBJECTS:pipes_objects>,EXCLUDE,(${mistake_objects})$>"
                          $<TARGET_OBJECTS:pipes_mistake_objects>)

# A shared library under the name of the real one, in a folder apart: the tests find it there if they are told to.
add_library(pipes_with_mistakes SHARED ${objects_with_mistakes})
set_target_properties(
  pipes_with_mistakes PROPERTIES LINKER_LANGUAGE CXX OUTPUT_NAME pipes VERSION ${PROJECT_VERSION}
                                 SOVERSION ${PROJECT_VERSION_MAJOR} LIBRARY_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/lib/mistakes)
target_link_options(pipes_with_mistakes PRIVATE -Wl,--version-script=${PROJECT_SOURCE_DIR}/src/libpipes.map)
target_link_libraries(pipes_with_mistakes PRIVATE Threads::Threads)

if(TARGET pipes_model_tests)
  # The models themselves are compiled already.
  add_executable(pipes_model_tests_with_mistakes $<TARGET_OBJECTS:pipes_model_tests> ${objects_with_mistakes})
  set_target_properties(pipes_model_tests_with_mistakes PROPERTIES LINKER_LANGUAGE CXX)
  target_link_libraries(pipes_model_tests_with_mistakes PRIVATE ${rapidcheck_libraries} pipes_options pipes_test_support
                                                                GTest::gmock_main)
  add_test(NAME model.seeded_mistakes COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/model/seeded_mistakes
                                              $<TARGET_FILE:pipes_model_tests_with_mistakes>)
  math(EXPR seconds "600 * ${PIPES_TEST_TIMEOUT_FACTOR}")
  set_tests_properties(model.seeded_mistakes PROPERTIES LABELS model TIMEOUT ${seconds})
endif()

if(TARGET pipes_stress_tests)
  add_test(NAME stress.without_fences COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/stress/without_fences
                                              $<TARGET_FILE:pipes_stress_tests> $<TARGET_FILE_DIR:pipes_with_mistakes>)
  set_tests_properties(stress.without_fences PROPERTIES LABELS stress RUN_SERIAL ON TIMEOUT 600)
endif()
