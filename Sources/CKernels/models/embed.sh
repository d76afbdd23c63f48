#!/bin/sh
# Writes model_texts.c: the texts of this folder as C strings, so that a binary needs no files. order.txt is their register:
# first the models that have kernels of their own, in the order of models.def. With --check it only looks whether that file
# is what it would write. Needs a POSIX shell, sed and cmp; bytes beyond ASCII stay as they are.
set -eu
LC_ALL=C
export LC_ALL
cd "$(dirname "$0")"
made=../model_texts.c

fail() {
  echo "embed.sh: $1" >&2
  exit 1
}

own=$(sed -n 's|.*"kernel/model/\(.*\)\.h".*|\1|p' ../models.def)
owned=$(($(echo "$own" | wc -l)))
[ "$own" = "$(head -n "$owned" order.txt)" ] || fail "order.txt does not begin with the models of models.def in their order"
others=$(tail -n "+$((owned + 1))" order.txt)
for file in *.model; do
  [ "$(grep -cx "${file%.model}" order.txt)" = 1 ] || fail "order.txt should name ${file%.model} once"
done
for name in $own $others; do
  grep -q "^model $name " "$name.model" || fail "there is no $name.model, or it is another model"
done

written=$(mktemp)
trap 'rm -f "$written"' EXIT
{
  echo '// The texts of models/ as C strings. Written by models/embed.sh: change those, then `make model-texts`.'
  echo '#include "text/model.h"'
  echo
  echo "// C11 promises 4095 characters a string; every compiler that knows the kernels' vector types takes more."
  echo '#pragma GCC diagnostic ignored "-Woverlength-strings"'
  echo
  echo '// clang-format off'
  for name in $own $others; do
    echo "extern const char dn_text_$name[];"
    echo "const char dn_text_$name[] ="
    sed -e 's/\\/\\\\/g' -e 's/"/\\"/g' -e 's/^/  "/' -e 's/$/\\n"/' -e '$s/$/;/' "$name.model"
    echo
  done
  echo 'const dn_model_text dn_model_texts[] = {'
  for name in $others; do
    echo "  {\"$name\", dn_text_$name, sizeof dn_text_$name - 1},"
  done
  echo '};'
  echo '// clang-format on'
  echo 'const int32_t dn_model_text_count = sizeof dn_model_texts / sizeof *dn_model_texts;'
} >"$written"

if [ "${1-}" = --check ]; then
  cmp -s "$written" "$made" || fail "model_texts.c is not what models/ says: make model-texts"
else
  cmp -s "$written" "$made" || cat "$written" >"$made"
fi
