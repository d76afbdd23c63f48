// What an inclusion of models.def, monitors.def or schemes.def asks the files for: DN_PASS is one of these.
#ifndef DN_PASSES_H
#define DN_PASSES_H

#define DN_PASS_DESCRIBE 0
#define DN_PASS_LIST 1
#define DN_PASS_KERNELS 2
#define DN_PASS_TABLE 3
#define DN_PASS_EXPRESSIONS 4
#define DN_PASS_CORRECTORS 5

#define DN_TEXT_(name) #name
#define DN_TEXT(name) DN_TEXT_(name)

#endif
