# The C library: libdelaynet.so and libdelaynet.a from the C sources of the Swift package, for programs in C, C++ and
# every language that calls C. For systems with ELF libraries (Linux, BSD). Works without the rest: make -f c-library.mk
#   c-library        both libraries and delaynet.pc, under .build/c-library
#   install          headers, libraries and delaynet.pc under PREFIX (/usr/local); DESTDIR and LIBDIR as usual
#   uninstall        takes them away again
#   test-c-library   exported names, headers under four compilers, examples/c, docs/ctypes.md and the pages' blocks of C
# OPENMP=0 builds one that makes no threads and needs no OpenMP runtime, under .build/c-library-serial.
# clang compiles it: the kernels are written in its vector types. The headers are for any compiler.

SHELL = /bin/bash
.SHELLFLAGS = -euo pipefail -c

ifeq ($(origin CC),default)
CC := clang
endif
# The OpenMP runtime's library name: Debian installs LLVM's as "omp5"; elsewhere it is "omp".
DELAYNET_LIBOMP ?= omp5
OPENMP ?= 1
PREFIX ?= /usr/local
# Relative to PREFIX.
LIBDIR ?= lib

c_library_include := Sources/CKernels/include
c_library_headers := $(addprefix $(c_library_include)/delaynet,.h _map.h _network.h)
c_library_version := $(shell awk '/define DN_VERSION_/ { v = v dot $$3; dot = "." } END { print v }' $(c_library_include)/delaynet.h)
# Until 1.0 a minor version may break the interface, so its number is part of the name.
c_library_soname := libdelaynet.so.$(basename $(c_library_version))
c_library_real := libdelaynet.so.$(c_library_version)

c_library_flags := -std=c11 -O3 -fPIC -fvisibility=hidden -Wall -Wextra -I$(c_library_include)
ifeq ($(OPENMP),0)
c_library_out := .build/c-library-serial
c_library_libs := -lm
else
c_library_out := .build/c-library
c_library_flags += -fopenmp -DDN_OPENMP
c_library_libs := -l$(DELAYNET_LIBOMP) -lm
endif

c_library_sources := $(shell find Sources/CKernels -name '*.c')
c_library_objects := $(c_library_sources:Sources/CKernels/%.c=$(c_library_out)/objects/%.o)
c_library_products := $(addprefix $(c_library_out)/,$(c_library_real) $(c_library_soname) libdelaynet.so libdelaynet.a delaynet.pc)
c_library_compile = $(CC) $(CPPFLAGS) $(CFLAGS) $(c_library_flags)
# Without -fopenmp: clang would add the runtime under a name of its own, and a path to it. Some linkers export names of
# their own (_end), which the version script takes back.
c_library_link = $(CC) $(CFLAGS) $(LDFLAGS) -shared -Wl,-soname,$(c_library_soname) -Wl,-z,defs \
  -Wl,--version-script=$(c_library_out)/exports.map

.PHONY: c-library c-library-settings install uninstall test-c-library

c-library: $(c_library_products)

# What everything depends on besides the sources: written anew only when it changes.
$(c_library_out)/settings: c-library-settings
	@mkdir -p $(@D)
	@if echo __clang__ | $(CC) -E -P - | grep -q __clang__; then \
	  echo "$(CC) is not clang, which the kernels need: make CC=clang (the one that comes with Swift will do)"; exit 1; fi
	@settings='$(c_library_compile) | $(c_library_link) | $(c_library_libs)'; \
	  [ "$$settings" = "$$(cat $@ 2>/dev/null || true)" ] || echo "$$settings" > $@

$(c_library_out)/objects/%.o: Sources/CKernels/%.c $(c_library_out)/settings
	@mkdir -p $(@D)
	$(c_library_compile) -MMD -MP -c $< -o $@

$(c_library_out)/exports.map: $(c_library_out)/settings
	@echo '{ global: dn_*; local: *; };' > $@

$(c_library_out)/$(c_library_real): $(c_library_objects) $(c_library_out)/exports.map
	$(c_library_link) $(c_library_objects) $(c_library_libs) -o $@

$(c_library_out)/$(c_library_soname): $(c_library_out)/$(c_library_real)
	@ln -sf $(<F) $@

$(c_library_out)/libdelaynet.so: $(c_library_out)/$(c_library_soname)
	@ln -sf $(<F) $@

$(c_library_out)/libdelaynet.a: $(c_library_objects)
	@rm -f $@
	$(AR) rcs $@ $(c_library_objects)

# The prefix is counted back from the file's own location, so that an installed tree may be moved.
$(c_library_out)/delaynet.pc: c-library-settings
	@mkdir -p $(@D)
	@printf '%s\n' \
	  'prefix=$${pcfiledir}/../$(shell echo $(LIBDIR) | sed 's,[^/][^/]*,..,g')' \
	  'libdir=$${prefix}/$(LIBDIR)' \
	  'includedir=$${prefix}/include' \
	  '' \
	  'Name: DelayNet' \
	  'Description: Networks with delays, simulated and differentiated exactly' \
	  'Version: $(c_library_version)' \
	  'Cflags: -I$${includedir}' \
	  'Libs: -L$${libdir} -ldelaynet' \
	  'Libs.private: $(c_library_libs)' > $@

c_library_to_include = $(DESTDIR)$(PREFIX)/include
c_library_to_lib = $(DESTDIR)$(PREFIX)/$(LIBDIR)

install: c-library
	install -d $(c_library_to_include) $(c_library_to_lib)/pkgconfig
	install -m 644 $(c_library_headers) $(c_library_to_include)
	install -m 644 $(c_library_out)/libdelaynet.a $(c_library_to_lib)
	install -m 755 $(c_library_out)/$(c_library_real) $(c_library_to_lib)
	ln -sf $(c_library_real) $(c_library_to_lib)/$(c_library_soname)
	ln -sf $(c_library_soname) $(c_library_to_lib)/libdelaynet.so
	install -m 644 $(c_library_out)/delaynet.pc $(c_library_to_lib)/pkgconfig

uninstall:
	rm -f $(addprefix $(c_library_to_include)/,$(notdir $(c_library_headers))) \
	  $(addprefix $(c_library_to_lib)/,libdelaynet.a libdelaynet.so $(c_library_soname) $(c_library_real) pkgconfig/delaynet.pc)

test-c-library:
	Tests/CLibrary/run

-include $(c_library_objects:.o=.d)
