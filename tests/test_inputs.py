"Every public function over its documented domain and just outside: the right answer or a clear exception, never a number that is none, a hang or a silent cast."
import tempfile
from contextlib import AbstractContextManager

import matplotlib
import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings, strategies as st
from hypothesis.extra import numpy as hnp

import rotae.all as rotae

quick = settings(max_examples=20, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck))   # the same examples every time
matplotlib.use('Agg')
CLEAR = ValueError, TypeError, FloatingPointError, FileNotFoundError   # what a user may be told; anything else is a fault of ours
ODD = [None, True, '', 'x', '8', ['8'], 0, -1, 2.5, float('nan'), float('inf'), 1j, [], [[]], [None], ['x'], {}, object()]
ODD_ARRAYS = [np.array([]), np.array(1.), np.full(50, np.nan), np.full((3, 50), -1.), np.zeros((3, 50)), np.full((3, 50), np.inf), np.ones((3, 50), complex), np.ones((3, 50), bool), np.array(['a', 'b']), np.ones((2, 3, 4)), np.full((3, 50), 1e30), np.full((3, 4), 1e30), np.ones((1, 50))]

curves = rotae.sample_galaxies(60, rng=1).rotation_curve()
some = rotae.sample_galaxies(12, rng=2)
network = rotae.AutoEncoder(hidden=(6,), log_speed=True, mass_symmetry=True, linear_path=True, rng=1).set_scaling(curves)
codes = network.encode(curves)
sampler = rotae.CodeSampler('gaussian').fit(codes)
reader = rotae.fit_parameters(network, n=200, steps=0, hidden=(3,))
mock = rotae.mock_curve(4)[0]
known = rotae.MeasuredCurve('known', mock.radius, mock.velocity, mock.error, mock.gas, mock.disc, row=dict(distance=10., distance_error=1., inclination=60., inclination_error=3.))
galaxy = rotae.GalaxyModel(known)
posterior = rotae.infer(known, 'laplace', draws=20)
bell = rotae.Mixture(np.ones(1), np.zeros((1, 2)), np.eye(2)[None])
set_reader = rotae.SetReader(width=8, hills=2, heads=2, rng=1).eval()
points, many = np.random.default_rng(1).standard_normal((400, 3)), rotae.sample_galaxies(400, rng=1).rotation_curve()
made = tempfile.mkdtemp()
rotae.simulate_catalogue(made, 3, progress=False)
def log_p(u): return -(u*u).sum(-1)/2
class Shrink: encode = decode = staticmethod(lambda x: 0.999*x)

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
    elif isinstance(o, rotae.Mixture): yield from (o.sample(3, 1), o.log_density(np.zeros((1, o.mean.shape[1]))))
    elif isinstance(o, rotae.Weighted): yield o.equal(5, 1)
    elif isinstance(o, rotae.GalaxyModel): yield o.log_posterior(o.sample_prior(3, 1))
    elif isinstance(o, rotae.Posterior): yield from numbers([*o.samples.values(), *o.velocity().values(), *o.checks.values()])
    elif isinstance(o, rotae.MeasuredCurve): yield o.velocity
    elif isinstance(o, (rotae.Normal, rotae.Uniform)): yield np.array([o.start(), o.scale()])

def check(f, *args, **kw):
    "Calls a function: its answer is finite, or it says clearly why there is none."
    try:
        found = f(*args, **kw)
        if isinstance(found, AbstractContextManager): found.__enter__(), found.__exit__(None, None, None)
    except CLEAR as e:
        assert len(str(e)) > 5, f'{f} says {e!r}'
        return
    except DeprecationWarning as e:   # numpy before 2.2 warns of what it refuses later
        assert 'truth value of an empty array' in str(e)
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
    Endless=lambda: dict(spread=1., radius=(1., 8.)), parameters_from_code=lambda: dict(code=codes[:5], reader=reader), parameters_from_curve=lambda: dict(curves=curves[:3], reader=reader, steps=1),
    Normal=lambda: dict(mean=0., sd=1.), Uniform=lambda: dict(low=0., high=1.), Mixture=lambda: dict(weight=np.array([.5, .5]), mean=np.zeros((2, 2)), root=np.stack([np.eye(2)]*2), dof=5.),
    GalaxyModel=lambda: dict(curve=known, priors={'halo_mass': rotae.Normal(12., .3)}), total_speed=lambda: dict(squares={'disc': np.array([1., 4.]), 'gas': np.array([-2., 1.])}),
    speed_squares=lambda: dict(radius=known.radius, parts=known.parts(), p={k: float(v) for k, v in galaxy.physical(np.zeros(len(galaxy.names))).items()}),
    log_likelihood=lambda: dict(velocity=np.array([1., 2.]), error=np.array([.1, .1]), speed=np.array([[1., 2.]]), scatter=np.array([[.1]])),
    physical_values=lambda: dict(x=dict(halo_mass=12., concentration=0., scatter=-2., disc_mass=10., scale_length=0., distance=.1, inclination=1.), inclination=60.),
    effective_size=lambda: dict(log_w=np.zeros(3)), importance=lambda: dict(log_p=log_p, proposal=bell, n=200, enough=.3, rounds=3, rng=1), laplace_hill=lambda: dict(log_p=log_p, starts=np.ones((4, 2)), edge=30.),
    emcee_walk=lambda: dict(log_p=log_p, start=np.random.default_rng(1).standard_normal((8, 2)), steps=5, burn=2, rng=1), sample_templates=lambda: dict(n=2, points=5, rng=1), full_names=lambda: dict(view='templates'),
    sample_measurements=lambda: dict(n=2, points=5, view='templates', rng=1), curve_features=lambda: dict(data=rotae.sample_measurements(2, 5, rng=1)[1]), SetReader=lambda: dict(view='templates', width=8, hills=2, heads=2, rng=1),
    train_set_reader=lambda: dict(view='templates', steps=1, batch_size=2, lr=.01, rng=1, every=1, progress=False, width=8, hills=2, heads=2), shipped_set_reader=lambda: dict(view='templates'), first_proposal=lambda: dict(model=galaxy, net=set_reader),
    infer=lambda: dict(curve=known, method='laplace', draws=20, priors={'halo_mass': rotae.Normal(12., .3)}, rng=1), simulate_curve=lambda: dict(view='disc and halo', rng=1, like=known, scatter=.02),
    ranks=lambda: dict(n=1, view='templates', rng=1, like=[known], progress=False, draws=20, method='laplace'), coverage=lambda: dict(ranks={'halo_mass': np.array([.1, .5, .9])}, levels=(.5, .9)), hidden=lambda: dict(curve=known, rng=1, share=.25),
    held=lambda: dict(curves=[known], rng=1, progress=False), add_bump=lambda: dict(curve=known, rng=1, size=.25), flag_numbers=lambda: dict(n=1, change=rotae.add_bump, rng=1, progress=False), exceeded=lambda: dict(numbers={'not smooth': np.array([.1, .01])}),
    stretch_radius=lambda: dict(curve=known, rng=1), fit_row=lambda: dict(posterior=posterior), fit_table=lambda: dict(rows=[rotae.fit_row(posterior)]), weights_at=lambda: dict(radius=[1., 8.], radii=rotae.RADII), fill=lambda: dict(curve=known, radius=[1., 8.], draws=20, rng=1),
    Processes=lambda: dict(device='cpu'), check_device=lambda: dict(device='cpu'), threads_for=lambda: dict(model=network, n=100), scaled=lambda: dict(model=network, curves=curves, emphasis=1.), block_of_galaxies=lambda: dict(b=1, rng=1, spread=1.), speed_column=lambda: dict(radius=8.),
    parquet_schema=lambda: dict(columns={'a': (np.float32, 'kpc', 'what')}, about={'seed': 1}), check_catalogue=lambda: dict(folder=made),
    simulate_catalogue=lambda: dict(folder=tempfile.mkdtemp(), n=5, rng=1, shard='1/1', spread=1., radius=np.array([1., 8.]), per_file=rotae.ROWS, progress=False),
    fit_galaxies=lambda: dict(curves=curves[:2], radius=rotae.RADII, starts=1), physical_fraction=lambda: dict(curves=curves[:2], tol=.01, radius=rotae.RADII), catalogue=lambda: dict(curves=curves[:2], radius=rotae.RADII),
    parameter_distances=lambda: dict(curves=curves[:2], galaxies=some, radius=rotae.RADII), error_by_length=lambda: dict(make=lambda n, seed: Shrink(), curves=curves[:3], lengths=[1, 2], seeds=[0]), fit_parameters=lambda: dict(model=network, n=20, steps=1, spread=1.3, rng=1, hidden=(3,)),
    fit_together=lambda: dict(models=[rotae.AutoEncoder(hidden=(3,), rng=1)], train_curves=[curves], valid_curves=[curves[:5]], epochs=2, lr=.01, schedule='cosine', emphasis=1., report=1, progress=False),
    fit_vae=lambda: dict(vae=rotae.VAE(n_in=4, n_latent=2, hidden=(4,), rng=1), train=codes, valid=codes[:9], steps=2, batch_size=8, lr=.01, report=1, rng=1), pca_length=lambda: dict(n_code=2, rng=1, log=True), PCACode=lambda: dict(n_code=2), LogPCACode=lambda: dict(n_code=2),
    post_recipe=lambda: dict(rng=1, n=20, epochs=2, progress=False), train_recipe=lambda: dict(name='a second', train_curves=None, valid_curves=None, rng=1, network=dict(hidden=(3,)), epochs=2, progress=False),
    train_length=lambda: dict(n_code=2, rng=1, recipe='a second', network=dict(hidden=(3,)), epochs=2), climb=lambda: dict(rung=1, rng=1, epochs=2), default_generator=lambda: dict(method='gaussian', n=50), judge=lambda: dict(model=network, n=20),
    train_sampler=lambda: dict(steps=1, n=50, rng=1, progress=False), physics_in_code=lambda: dict(model=network, galaxies=some, steps=1), population_alone=lambda: dict(galaxies=some, steps=1), dimension_estimates=lambda: dict(x=points, sizes=(20, 40), methods=('TwoNN',), rng=1),
    Where=lambda: dict(model=network, sampler=sampler, keep=lambda c: c[:, 0] > 0, most=100)).items() if v}

OBJECTS = 'reader model models galaxies vae table sampler true found log_p proposal net posterior rows make keep change'.split()   # whatever has the methods: for others Python itself says which is missing
BENT = 'add_bump', 'stretch_radius', 'hidden'   # of them `curve` is one, too

def spoiled(name, arguments, data):
    "The arguments with one of them odd; of a table, one of its numbers, or one that is not there."
    wrong = data.draw(st.sampled_from([k for k in arguments if k not in OBJECTS and not (k == 'curve' and name in BENT)] or ['none']))
    if wrong == 'none': return arguments
    if not isinstance(arguments[wrong], dict): return arguments | {wrong: data.draw(values)}
    table = dict(arguments[wrong])
    k = data.draw(st.sampled_from([*table]))
    if data.draw(st.booleans()): table[k] = data.draw(values)
    else: del table[k]
    return arguments | {wrong: table}

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
    check(getattr(rotae, name), **spoiled(name, GOOD[name](), data))

EXEMPT = { # reason: public names that are not driven here
    'draws or tabulates what functions above have checked': 'code_jacobian plot_code_jacobian plot_code_space plot_corner plot_curves plot_error_by_length plot_explained plot_information plot_knowable plot_parameter_errors plot_parameters_against_code plot_reconstruction plot_traversals plot_weak_direction weak_table information_table Table',
    'reads or writes a file: tests/test_files.py, test_observed.py and the notebooks damage those': 'atomic_write load_reader load_sparc read_curve read_model read_rotmod save_reader write_catalogue write_model write_rotmod usual_cut explore explorer explorer_data explorer_script fit_files',
    'a command, or what commands are made with: tests/test_commands.py': 'command main plain_errors retrain run_generate',
    'only holds what it is given': 'CodeReader CurveError History Page Posterior Residual Run Score Weighted',
    'a part of a network or an optimiser, whose arguments the classes and `fit` above have checked': 'Scaling Soap StackedLinear dense fingerprint stack',
    'draws with a style, and takes no data': 'styled use_style',
    'takes no argument': 'shipped_reader',
    'takes seconds a call, and has no argument but what functions above refuse': 'many_posts score_curves against_emcee',
    'takes seconds a call; its bad inputs are in its notebook': 'two_sample_auc'}

def test_every_public_name_is_driven_or_has_a_reason():
    public = {k for k in rotae.__all__ if callable(o := getattr(rotae, k)) and getattr(o, '__module__', '').startswith('rotae')}
    exempt = [o for v in EXEMPT.values() for o in v.split()]
    assert len(set(exempt)) == len(exempt) and not set(exempt) & set(GOOD), 'named twice'
    assert public <= set(exempt) | set(GOOD), f'give it good arguments in GOOD, or a reason in EXEMPT: {sorted(public - set(exempt) - set(GOOD))}'
    assert set(GOOD) <= public, sorted(set(GOOD) - public)
