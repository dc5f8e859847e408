# The library once more, able to die at its fault points (src/support/fault_point.h): as a shared library with nothing but
# the C ABI, and as an archive with the inside. Only the sources that have such a point are compiled anew.
get_target_property(library_sources pipes_objects SOURCES)
set(fault_sources)
set(fault_objects)
foreach(source ${library_sources})
  file(STRINGS ${source} points REGEX "PIPES_CRASH_POINT|PIPES_FAULT_POINTS")
  if(points)
    list(APPEND fault_sources ${source})
    file(RELATIVE_PATH object ${PROJECT_SOURCE_DIR} ${source})
    list(APPEND fault_objects /${object}.o)
  endif()
endforeach()
list(JOIN fault_objects "|" fault_objects)

add_library(pipes_fault_objects OBJECT ${fault_sources})
target_compile_definitions(pipes_fault_objects PRIVATE PIPES_BUILDING PIPES_FAULT_POINTS)
target_include_directories(pipes_fault_objects PRIVATE ${PROJECT_SOURCE_DIR}/src)
target_link_libraries(pipes_fault_objects PRIVATE pipes_options Microsoft.GSL::GSL)
set_target_properties(
  pipes_fault_objects PROPERTIES POSITION_INDEPENDENT_CODE ON C_VISIBILITY_PRESET hidden CXX_VISIBILITY_PRESET hidden
                                 VISIBILITY_INLINES_HIDDEN ON)
set(objects_with_fault_points "$<FILTER:$<TARGET_OBJECTS:pipes_objects>,EXCLUDE,(${fault_objects})$>"
                              $<TARGET_OBJECTS:pipes_fault_objects>)

add_library(pipes_with_fault_points SHARED EXCLUDE_FROM_ALL ${objects_with_fault_points})
set_target_properties(pipes_with_fault_points PROPERTIES LINKER_LANGUAGE CXX)
target_link_options(pipes_with_fault_points PRIVATE -Wl,--version-script=${PROJECT_SOURCE_DIR}/src/libpipes.map
                                                    -Wl,-z,nodelete)
target_link_libraries(pipes_with_fault_points PRIVATE Threads::Threads)

add_library(pipes_internal_with_fault_points STATIC EXCLUDE_FROM_ALL ${objects_with_fault_points})
set_target_properties(pipes_internal_with_fault_points PROPERTIES LINKER_LANGUAGE CXX)
target_compile_definitions(pipes_internal_with_fault_points INTERFACE PIPES_STATIC PIPES_FAULT_POINTS)
target_include_directories(pipes_internal_with_fault_points INTERFACE ${PROJECT_SOURCE_DIR}/src
                                                                      ${PROJECT_SOURCE_DIR}/include)
target_link_libraries(pipes_internal_with_fault_points INTERFACE Threads::Threads Microsoft.GSL::GSL)
