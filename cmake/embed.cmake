# Turns a text file into a C string: cmake -DINPUT=FILE -DOUTPUT=FILE.c -DNAME=symbol -P embed.cmake
file(READ "${INPUT}" hex HEX)
string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${hex}")
string(REGEX REPLACE "((0x..,){20})" "\\1\n    " bytes "${bytes}")
file(WRITE "${OUTPUT}" "/* made from a text file by cmake/embed.cmake */\nextern const char ${NAME}[];\nconst char ${NAME}[] = {\n    ${bytes}0\n};\n")
