#!/bin/sh
# Writes model_texts.c, the library's models as texts, to the standard output. `make model-texts` calls it; `make lint` looks whether
# the file in the repository is what it writes.
set -eu
cd "$(dirname "$0")"
# Models with kernels of their own; then the others, in the order of the register.
own='linear mpr stuart_landau kuramoto wong_wang wilson_cowan jansen_rit'
others='generic_2d_oscillator fitzhugh_nagumo wong_wang_exc_inh deco_balanced epileptor epileptor_2d epileptor_2d_smooth
  epileptor_codim3 epileptor_codim3_slow larter_breakspear coombes_byrne_2d coombes_byrne zetterberg_jansen wendling
  gast_schmidt_knosche_sd gast_schmidt_knosche_sf dumont_gutkin hopfield kionex sup_hopf hindmarsh_rose zerlaut_first_order'

cat <<'END'
// The library's models as texts. Written by models/embed.sh from models/*.model: change those, then `make model-texts`.
#include "text/model.h"

// clang-format off
END
for name in $own $others; do
  printf '\nextern const char dn_text_%s[];\nconst char dn_text_%s[] =\n' "$name" "$name"
  sed -e 's/\\/\\\\/g' -e 's/"/\\"/g' -e 's/^/    "/' -e 's/$/\\n"/' "$name.model"
  echo '    ;'
done
printf '\nconst dn_model_text dn_model_texts[] = {\n'
for name in $others; do printf '    {"%s", dn_text_%s, sizeof dn_text_%s - 1},\n' "$name" "$name" "$name"; done
echo '};'
echo 'const int32_t dn_model_text_count = sizeof dn_model_texts / sizeof *dn_model_texts;'
