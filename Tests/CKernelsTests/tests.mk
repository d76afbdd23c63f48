# Tests of the C kernels: every *_test.c here is a program of its own, linked with the C sources.
#   test-c      build and run them all; test-c-build only builds
#   sanitize    the same under AddressSanitizer with UndefinedBehaviorSanitizer, then under ThreadSanitizer
#   test-qemu   the same on an emulated CPU with AVX2 and on one without
# `make test-c TESTS=map_test` runs one program, `.build/c-tests/plain/map_test forward_f32` one test of it.
# libomp-dev brings libomp and, for ThreadSanitizer, libarcher; qemu-user-static is for test-qemu alone.
C_TESTS_PACKAGES = libomp-dev qemu-user-static

ifeq ($(origin CC),default)
CC := clang
endif
DELAYNET_LIBOMP ?= omp5
comma := ,

c_tests_dir := Tests/CKernelsTests
c_tests_out := .build/c-tests
TESTS ?= $(sort $(basename $(notdir $(wildcard $(c_tests_dir)/*_test.c))))
c_tests_shared := $(filter-out %_test.c,$(wildcard $(c_tests_dir)/*.c))
c_tests_kernels := $(shell find Sources/CKernels -name '*.c')
c_tests_flags := -std=c11 -O2 -g -Wall -Wextra -ISources/CKernels/include -I$(c_tests_dir)
c_kernel_flags := -O3 -g -Wall -Wextra -fvisibility=hidden -fopenmp -DDN_OPENMP -ISources/CKernels/include
# Where the compiler brings lld, it links: gold, the toolchain's default, warns of the sanitizers' symbols.
c_tests_libs := $(if $(filter /%,$(shell $(CC) -print-prog-name=ld.lld)),-fuse-ld=lld) \
  -l$(DELAYNET_LIBOMP) -lpthread -lm

# $(1) programs, each with tests behind colons if not all of them, $(2) seconds, $(3) what to run them with. Sleeping, not
# spinning, at barriers: the tests ask for more threads than most machines have processors.
define c_tests_run
@failed=; for item in $(1); do \
  program=$${item%%:*}; code=0; \
  KMP_BLOCKTIME=0 timeout $(2) $(3) $$(echo $$item | tr : ' ') > $$program.log 2>&1 || code=$$?; \
  printf '%-28s %s\n' $${program#$(c_tests_out)/} "$$(tail -n 1 $$program.log)"; \
  if [ $$code -ne 0 ]; then failed="$$failed $$program"; head -n 40 $$program.log; echo "exit status $$code"; fi; \
done; \
if [ -n "$$failed" ]; then echo "failed:$$failed"; exit 1; fi; echo "all passed"
endef

# $(1) flavour, $(2) its flags, $(3) more to link with: rules for objects and programs under .build/c-tests/flavour.
define c_tests_flavour
c_tests_objects_$(1) := $$(c_tests_kernels:%.c=$(c_tests_out)/$(1)/%.o) $$(c_tests_shared:%.c=$(c_tests_out)/$(1)/%.o)
c_tests_programs_$(1) := $$(TESTS:%=$(c_tests_out)/$(1)/%)

$(c_tests_out)/$(1)/Sources/%.o: Sources/%.c $(c_tests_dir)/tests.mk
	@mkdir -p $$(@D)
	$$(CC) $$(c_kernel_flags) $(2) -MMD -MP -c $$< -o $$@

$(c_tests_out)/$(1)/$(c_tests_dir)/%.o: $(c_tests_dir)/%.c $(c_tests_dir)/tests.mk
	@mkdir -p $$(@D)
	$$(CC) $$(c_tests_flags) $(2) -MMD -MP -c $$< -o $$@

$$(c_tests_programs_$(1)): $(c_tests_out)/$(1)/%: $(c_tests_out)/$(1)/$(c_tests_dir)/%.o $$(c_tests_objects_$(1))
	$$(CC) $(2) $$^ $$(c_tests_libs) $(3) -o $$@

.PRECIOUS: $(c_tests_out)/$(1)/$(c_tests_dir)/%.o
-include $$(shell find $(c_tests_out)/$(1) -name '*.d' 2>/dev/null)
endef
$(eval $(call c_tests_flavour,plain,))
$(eval $(call c_tests_flavour,address,-O1 -fsanitize=address$(comma)undefined -fno-sanitize-recover=all))
# The ThreadSanitizer of a Swift toolchain knows libdispatch, and does not link without it.
c_tests_dispatch := $(dir $(realpath $(shell $(CC) -print-resource-dir)/../../swift/linux/libdispatch.so))
$(eval $(call c_tests_flavour,thread,-O1 -fsanitize=thread,$(if $(c_tests_dispatch),\
  -L$(c_tests_dispatch) -Wl$(comma)-rpath$(comma)$(c_tests_dispatch) -ldispatch -lBlocksRuntime)))

.PHONY: test-c test-c-build sanitize sanitize-address sanitize-thread test-qemu

test-c-build: $(c_tests_programs_plain)

test-c: $(c_tests_programs_plain)
	$(call c_tests_run,$(c_tests_programs_plain),600)

sanitize: sanitize-address sanitize-thread

sanitize-address: $(c_tests_programs_address)
	$(call c_tests_run,$(c_tests_programs_address),1800,env LSAN_OPTIONS=print_suppressions=0 \
	  ASAN_OPTIONS=allocator_may_return_null=1)

# ThreadSanitizer does not see libomp's barriers unless libarcher, which lies beside libomp, tells it.
c_tests_libomp = $(shell ldconfig -p 2>/dev/null | awk '/lib$(DELAYNET_LIBOMP)\.so|libomp\.so/ {print $$NF; exit}')
c_tests_archer = $(firstword $(wildcard $(dir $(realpath $(c_tests_libomp)))libarcher.so) \
  $(shell dpkg-query -S libarcher.so 2>/dev/null | sed 's/.*: //'))

# The programs whose calls take more than one thread; the others would only be slow.
c_tests_threaded := $(filter $(addprefix $(c_tests_out)/thread/,bits_test progress_test fault_test network_bits_test \
  network_progress_test network_fault_test network_test finite_test network_finite_test plan_test tape_test),$(c_tests_programs_thread))

sanitize-thread: $(c_tests_threaded)
	@test -n "$(c_tests_archer)" || { echo "libarcher.so not found: install libomp-dev"; exit 1; }
	$(call c_tests_run,$(c_tests_threaded),3600,env OMP_TOOL_LIBRARIES=$(c_tests_archer) \
	  TSAN_OPTIONS="report_thread_leaks=0 halt_on_error=1 ignore_noninstrumented_modules=1 allocator_may_return_null=1")

# Haswell has AVX2 but no AVX-512, Nehalem neither. The tests whose numbers come from vector code: emulation is slow, and on
# Nehalem every fused multiply-add a call.
c_tests_qemu := $(addprefix $(c_tests_out)/plain/,input_test random_test bits_test:hashes_f32:hashes_f64 \
  map_test:forward_f32:forward_f64 gradient_test:dot_product \
  derivative_test:tangent_f32:tangent_f64:cotangent_f32:cotangent_f64:cotangent_alone_f32 \
  math_test:special:widths model_test:steps_f32:steps_f64:derivatives_f32:derivatives_f64 \
  network_bits_test:hashes_f32:hashes_f64 network_monitor_test:hashes_f32:hashes_f64 network_statistics_test:definition:method_of_steps:oscillators)

test-qemu: $(c_tests_programs_plain)
ifeq ($(shell command -v qemu-x86_64-static),)
	@echo "test-qemu: skipped, there is no qemu-x86_64-static (package qemu-user-static)"
else
	$(call c_tests_run,$(c_tests_qemu),3600,qemu-x86_64-static -cpu Haswell)
	$(call c_tests_run,$(c_tests_qemu),3600,qemu-x86_64-static -cpu Nehalem)
endif
