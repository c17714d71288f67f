"Every public function over its documented domain and just outside: the right answer or a clear exception, never a number that is none, a hang or a silent cast."
import matplotlib
import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings, strategies as st
from hypothesis.extra import numpy as hnp

import rotae.all as rotae

quick = settings(max_examples=20, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck))   # the same examples every time
matplotlib.use('Agg')
CLEAR = ValueError, TypeError, FloatingPointError   # what a user may be told; anything else is a fault of ours
ODD = [None, True, '', 'x', 0, -1, 2.5, float('nan'), float('inf'), 1j, [], [[]], [None], ['x'], {}, object()]
ODD_ARRAYS = [np.array([]), np.array(1.), np.full(50, np.nan), np.full((3, 50), -1.), np.zeros((3, 50)), np.full((3, 50), np.inf), np.ones((3, 50), complex), np.ones((3, 50), bool), np.array(['a', 'b']), np.ones((2, 3, 4)), np.full((3, 50), 1e30), np.full((3, 4), 1e30), np.ones((1, 50))]

curves = rotae.sample_galaxies(60, rng=1).rotation_curve()
some = rotae.sample_galaxies(12, rng=2)
network = rotae.AutoEncoder(hidden=(6,), log_speed=True, mass_symmetry=True, linear_path=True, rng=1).set_scaling(curves)
codes = network.encode(curves)
sampler = rotae.CodeSampler('gaussian').fit(codes)
reader = rotae.fit_parameters(network, n=200, steps=0, hidden=(3,))

def numbers(o):
    "All the numbers in a result, as arrays."
    if isinstance(o, torch.Tensor): yield o.detach().numpy()
    elif isinstance(o, (np.ndarray, float, int, np.generic)): yield np.asarray(o)
    elif isinstance(o, dict):
        for v in o.values(): yield from numbers(v)
    elif isinstance(o, (list, tuple)):
        for v in o: yield from numbers(v)
    elif isinstance(o, rotae.Galaxies): yield o.log10()
    elif isinstance(o, rotae.AutoEncoder): yield o.decode(np.zeros((1, o.config['n_code']))) if o.unit > 0 else np.zeros(1)
    elif isinstance(o, torch.nn.Module): yield from numbers(list(o.parameters()))

def check(f, *args, **kw):
    "Calls a function: its answer is finite, or it says clearly why there is none."
    try: found = f(*args, **kw)
    except CLEAR as e:
        assert len(str(e)) > 5, f'{f} says {e!r}'
        return
    finally: matplotlib.pyplot.close('all')
    for a in numbers(found): assert a.dtype.kind not in 'fc' or np.isfinite(a).all(), f'{getattr(f, "__name__", f)} gave {a}'
    return found

# name -> good arguments, small enough to be quick. Each argument in turn is given everything odd.
GOOD = {k: v for k, v in dict(
    check_positive=lambda: dict(x=[1.]), check_radius=lambda: dict(radius=[1., 2.]), check_whole=lambda: dict(least=1, n=3), check_radii=lambda: dict(radius=[1., 2.]),
    disc_velocity=lambda: dict(radius=[1., 8.], disc_mass=1e10, scale_length=3.), halo_velocity=lambda: dict(radius=[1., 8.], halo_mass=1e12, concentration=9., hubble=70., overdensity=200.),
    rotation_curve=lambda: dict(radius=[1., 8.], disc_mass=1e10, scale_length=3., halo_mass=1e12, concentration=9.), critical_density=lambda: dict(hubble=70.),
    virial_radius=lambda: dict(halo_mass=1e12, hubble=70., overdensity=200.), virial_velocity=lambda: dict(halo_mass=1e12),
    disc_enclosed_mass=lambda: dict(radius=[1.], disc_mass=1e10, scale_length=3.), halo_enclosed_mass=lambda: dict(radius=[1.], halo_mass=1e12, concentration=9.),
    enclosed_mass=lambda: dict(radius=[1.], disc_mass=1e10, scale_length=3., halo_mass=1e12, concentration=9.),
    simulate=lambda: dict(radius=[1., 8.], disc_mass=[1e10], scale_length=[3.], halo_mass=[1e12], concentration=[9.], method='table', dtype=np.float64),
    as_rng=lambda: dict(rng=1), as_seed=lambda: dict(rng=1), power_law=lambda: dict(x=[1.], pivot=1., log_value=1., slope=.5, scatter=.1, rng=1),
    scale_length_from_disc_mass=lambda: dict(disc_mass=[1e10], scatter=.1, rng=1), halo_mass_from_disc_mass=lambda: dict(disc_mass=[1e10], scatter=.1, rng=1),
    concentration_from_halo_mass=lambda: dict(halo_mass=[1e12], scatter=.1, rng=1), sample_galaxies=lambda: dict(n=3, rng=1, spread=1.), split=lambda: dict(n=10, fraction=.2, rng=1),
    Galaxies=lambda: dict(disc_mass=[1e10], scale_length=[3.], halo_mass=[1e12], concentration=[9.]), check_curves=lambda: dict(curves=curves, n_radius=50),
    AutoEncoder=lambda: dict(radius=rotae.RADII, n_code=4, hidden=(6,), decoder_hidden=(6,), activation='relu', residual=False, log_speed=True, linear_path=True, mass_symmetry=True, rng=1),
    reconstruction_error=lambda: dict(model=network, curves=curves), slide=lambda: dict(curves=curves[:3], steps=2), recipe_curves=lambda: dict(name='post', train_curves=curves),
    rank_correlation=lambda: dict(a=codes, b=codes), code_labels=lambda: dict(n=3), Map=lambda: dict(n_in=3, n_out=2, hidden=(4,), rng=1), fit_map=lambda: dict(x=codes, y=curves[:, :2], hidden=(4,), steps=1, batch_size=8, lr=.01, rng=1),
    r2_and_rms=lambda: dict(true=codes, predicted=codes + .1), explained=lambda: dict(x=codes, y=curves[:, :2], steps=1, rng=1),
    traverse=lambda: dict(model=network, codes=codes, i=1, steps=3, near=.5), best_pair=lambda: dict(codes=codes, value=curves[:, 3]), curve_jacobian=lambda: dict(galaxies=some, radius=[1., 8.], step=1e-4),
    disc_share=lambda: dict(galaxies=some, radius=[1., 8.]), 
    to_scales=lambda: dict(galaxies=some), from_scales=lambda: dict(scales=rotae.to_scales(some)), split_level=lambda: dict(model=network, code=codes), refine=lambda: dict(curves=some.rotation_curve(), galaxies=some, radius=rotae.RADII, steps=2),
    parameter_errors=lambda: dict(true=some, found=some), fisher_information=lambda: dict(galaxies=some, noise=.01, radius=[1., 2., 8., 20.]), standard_errors=lambda: dict(galaxies=some, noise=.01, radius=[1., 2., 8., 20.]),
    weak_direction=lambda: dict(galaxies=some, noise=.01, radius=[1., 2., 8., 20.]), sliced_wasserstein=lambda: dict(real=curves, fake=curves[:30], rng=1, directions=3),
    nearest_distance=lambda: dict(curves=curves[:3], known=curves), memory_ratio=lambda: dict(curves=curves[:3], train=curves[10:], fresh=curves[3:10]), CodeSampler=lambda: dict(method='kde'), generate=lambda: dict(model=network, sampler=sampler, n=3, rng=1),
    VAE=lambda: dict(n_in=4, n_latent=2, hidden=(4,), rng=1), elbo=lambda: dict(vae=rotae.VAE(hidden=(4,)), codes=codes, rng=1), passes_through=lambda: dict(radius=8., speed=200., tol=.02), has_disc_mass=lambda: dict(disc_mass=1e10, tol=.05),
    mock_curve=lambda: dict(rng=1, n=12, mass_to_light=.5), MeasuredCurve=lambda: dict(name='a', radius=[1., 2., 3., 4.], velocity=[50.]*4, error=[2.]*4, gas=[1.]*4), elbow=lambda: dict(table=dict(numbers=[3, 4, 5], median=[9., 2., 1.]), n=4),
    fit=lambda: dict(model=rotae.AutoEncoder(hidden=(3,), rng=1), train_curves=curves, valid_curves=curves[:5], epochs=2, lr=.01, batch_size=30, optimiser='adam', schedule='cosine', emphasis=1., report=1, rng=1, progress=False),
    Endless=lambda: dict(spread=1., radius=(1., 8.)), parameters_from_code=lambda: dict(code=codes[:5], reader=reader)).items() if v}

OBJECTS = 'reader model galaxies vae table sampler true found'.split()   # whatever has the methods: for others Python itself says which is missing

@pytest.mark.parametrize('name', GOOD)
def test_good_arguments_give_finite_numbers(name):
    getattr(rotae, name)(**GOOD[name]())
    check(getattr(rotae, name), **GOOD[name]())

values = st.one_of(st.sampled_from(ODD), st.sampled_from(ODD_ARRAYS), st.floats(-1e6, -1e-3) | st.floats(1e-3, 1e6), st.integers(-3, 60),
                   hnp.arrays(float, hnp.array_shapes(max_dims=2, max_side=6), elements=st.floats(-10, -1e-3) | st.just(0.) | st.floats(1e-3, 1e4)), hnp.arrays(float, (5, 50), elements=st.floats(1, 300)))

@pytest.mark.parametrize('name', GOOD)
@quick
@given(st.data())
def test_any_argument_gives_finite_numbers_or_is_refused_clearly(name, data):
    arguments = GOOD[name]()
    wrong = data.draw(st.sampled_from([k for k in arguments if k not in OBJECTS] or ['none']))
    check(getattr(rotae, name), **(arguments | ({wrong: data.draw(values)} if wrong != 'none' else {})))

EXEMPT = { # reason: public names that are not driven here
    'draws or tabulates what functions above have checked': 'code_jacobian plot_code_jacobian plot_code_space plot_corner plot_curves plot_error_by_length plot_explained plot_information plot_knowable plot_parameter_errors plot_parameters_against_code plot_reconstruction plot_traversals plot_weak_direction weak_table information_table Table',
    'reads or writes a file: tests/test_files.py, test_observed.py and the notebooks damage those': 'atomic_write load_reader load_sparc read_curve read_model read_rotmod save_reader write_catalogue write_model write_rotmod usual_cut',
    'a command, or what commands are made with: tests/test_commands.py': 'command main plain_errors retrain run_generate',
    'only holds what it is given': 'CodeReader CurveError History Page Residual Run Score',
    'a part of a network or an optimiser, whose arguments the classes and `fit` above have checked': 'Scaling Soap StackedLinear dense fingerprint scaled stack',
    'hands its arguments to functions above': 'LogPCACode PCACode Where catalogue climb default_generator explore explorer_data explorer_script judge physics_in_code population_alone train_length',
    'of the chapters on inference, whose notebooks try their bad inputs': '''GalaxyModel Mixture Normal Posterior SetReader Uniform Weighted add_bump against_emcee coverage curve_features effective_size emcee_walk exceeded fill first_proposal fit_files fit_row
        fit_table flag_numbers full_names held hidden importance infer laplace_hill log_likelihood physical_values ranks sample_measurements sample_templates shipped_set_reader simulate_curve speed_squares stretch_radius total_speed train_set_reader weights_at''',
    'of catalogues without end and of many processes: tests/test_stream.py, tests/test_processes.py and their chapters try their bad inputs': 'Processes block_of_galaxies check_catalogue check_device parquet_schema simulate_catalogue speed_column threads_for',
    'draws with a style, and takes no data': 'styled use_style',
    'takes seconds a call; its bad inputs are in its notebook': 'dimension_estimates error_by_length fit_galaxies fit_parameters fit_together fit_vae many_posts parameter_distances parameters_from_curve pca_length physical_fraction post_recipe score_curves shipped_reader train_recipe train_sampler two_sample_auc'}

def test_every_public_name_is_driven_or_has_a_reason():
    public = {k for k in rotae.__all__ if callable(o := getattr(rotae, k)) and getattr(o, '__module__', '').startswith('rotae')}
    exempt = [o for v in EXEMPT.values() for o in v.split()]
    assert len(set(exempt)) == len(exempt) and not set(exempt) & set(GOOD), 'named twice'
    assert public <= set(exempt) | set(GOOD), f'give it good arguments in GOOD, or a reason in EXEMPT: {sorted(public - set(exempt) - set(GOOD))}'
    assert set(GOOD) <= public, sorted(set(GOOD) - public)
