"Inference on real galaxies: those of SPARC, where its tables are at hand."
import os
from pathlib import Path

import numpy as np
import pytest

from rotae.checks import against_emcee, held
from rotae.fits import fit_files
from rotae.inference import infer
from rotae.sparc import _MASTER, load_sparc, usual_cut

folder = Path(os.environ.get('ROTAE_SPARC') or Path(__file__).parents[2]/'shared/sparc')
pytestmark = pytest.mark.skipif(not (folder/_MASTER).is_file(), reason=f"needs SPARC's tables in {folder}; another place goes into $ROTAE_SPARC")

@pytest.fixture(scope='module')
def sparc(): return usual_cut(load_sparc(folder))

def test_every_good_galaxy_is_sampled_well(sparc):
    share = {k: (p := infer(o, rng=5)).ess/p.drawn for k, o in sparc.items()}
    assert len(share) == 153 and min(share.values()) > 0.1, min(share, key=share.get)

def test_ngc2403_weighs_what_others_found(sparc):
    p = infer(sparc['NGC2403'], rng=5)
    assert 11.3 < np.log10(np.median(p.samples['halo_mass'])) < 11.65
    assert set(p.samples) == {'mass_to_light_disc', 'halo_mass', 'concentration', 'scatter', 'distance', 'inclination'}

@pytest.mark.parametrize('name', ['DDO154', 'NGC7331', 'UGC00128'])
def test_agrees_with_emcee(sparc, name):
    found = against_emcee([sparc[name]], rng=3, steps=2000, progress=False)
    assert np.abs(found['shift']).max() < 0.3 and np.abs(found['width'] - 1).max() < 0.3

def test_hidden_points_are_in_the_band(sparc): assert 0.85 < held(list(sparc.values())[::2], rng=1, progress=False).mean() < 0.95

def test_all_of_sparc_goes_into_one_table(tmp_path):
    posteriors, faults = fit_files([], tmp_path, folder, figures=False, progress=False)
    assert len(posteriors) == 175 and not faults
    assert [o.name for o in tmp_path.iterdir()] == ['fits.ecsv']

def test_files_get_their_rows_by_name(tmp_path):
    if not (path := folder/'Rotmod_LTG/NGC2403_rotmod.dat').is_file(): pytest.skip(f'needs {path}')
    with_row, without = (fit_files([path], tmp_path, o, progress=False)[0]['NGC2403'] for o in (folder, None))   # its gas has no parameter of its own
    assert 'distance' in with_row.samples and without.model.fixed() == ['distance', 'inclination']
    assert np.log(with_row.samples['halo_mass']).std() > np.log(without.samples['halo_mass']).std()
