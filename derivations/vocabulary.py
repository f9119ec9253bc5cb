r"""The letters of the derivations, beside those of the models: one symbol for each name.

A symbol carries the weakest of the signs that it has anywhere; a derivation that needs more states it in the assumptions of its
:class:`theory.Loss`.  Decays and the mobility of the head are those of :mod:`theory.models.vocabulary`.
"""

from sympy import MatrixSymbol, OneMatrix, Symbol, symbols

from theory.models.vocabulary import K, N, d, n_xi

# All embeddings together, as many as modes: embeddings Z, degrees D, adjacency A, mobilities H.
N_Z = Symbol("N_Z", integer=True, positive=True)
Z = MatrixSymbol("Z", d, N_Z)
D, A, H = (MatrixSymbol(name, N_Z, N_Z) for name in "DAH")
D_root = MatrixSymbol("D^{1/2}", N_Z, N_Z)

# Modes: amplitudes V, correlations mu, frustrations psi, eigenvectors phi; what single ones are called.
V, phi_k = MatrixSymbol("V", d, N_Z), MatrixSymbol("phi_k", N_Z, 1)
mu_matrix, psi_matrix = MatrixSymbol(r"\mu", N_Z, N_Z), MatrixSymbol(r"\psi", N_Z, N_Z)
mu = Symbol("mu", positive=True)
mu_k, mu_j, mu_1, mu_2, mu_3 = symbols("mu_k mu_j mu_1:4", real=True)
psi, psi_uniform, psi_pairs = symbols("psi psi_u psi_p", nonnegative=True)
psi_k = Symbol("psi_k", real=True)
v_k, e = MatrixSymbol("v_k", d, 1), MatrixSymbol("e", d, 1)
S_k, S, L = symbols("S_k S L", nonnegative=True)  # squares of a mode at the start, of all modes; the loss

# A pattern on samples and labels costs energy; the centroid that it conserves, and where a component ends.
energy = Symbol(r"u^{T}(D-A)u", real=True)
C_u, c_u, y_a_end, y_j_end = (MatrixSymbol(m, d, 1) for m in ("C_u", "c_u", r"y_{a}(\infty)", r"y_{j}(\infty)"))

# One class, one mode, one sector: labels u and y, samples v, s and x, head w; starts, and states at rest.
u, v, w, s, x, y = symbols("u v w s x y", real=True)  # s is the variable of Laplace transforms, too, and eigenvalue
v_0, w_0, x_0, y_0, w_plus, w_minus = symbols("v_0 w_0 x_0 y_0 w_+ w_-", real=True)
y_end, y_b_end = Symbol(r"y(\infty)", real=True), Symbol(r"y_{b}(\infty)", real=True)
v_x, v_y, y_a, y_b, w_r = symbols("v_x v_y y_a y_b w_r", real=True)  # of samples, of labels; what turns a head
a_1, a_2, omega_3, omega_l = symbols("a_1 a_2 omega_3 omega_l", real=True)  # orthogonal modes at rest
a_j = Symbol("a_j", positive=True)

# Data: samples a class, pure ones, frustrated ones; fraction, link weight, links of a class; degrees; mobilities, rates.
n, n_0, n_a, n_b, m, phi, q = symbols("n n_0 n_a n_b m phi q", positive=True)
c = Symbol("c", integer=True, nonnegative=True)
d_a, d_b, d_y = symbols("d_a d_b d_y", positive=True)
eta, eta_x, eta_y, rho_x, rho_y = symbols("eta eta_x eta_y rho_x rho_y", positive=True)
eta_v, eta_s = symbols("eta_v eta_s", positive=True)  # mobilities of pure and of frustrated samples
i, j, a = symbols("i j a", integer=True, nonnegative=True)  # indices

# Time, variance, rates, propagators; coefficients of exponentials, and of characteristic polynomials.
t, sigma, r, r_1, r_2, r_3, r_b = symbols("t sigma r r_1:4 r_b", positive=True)
r_0 = Symbol("r_0", nonnegative=True)
slow, fast, c_slow, c_fast = symbols("r_- r_+ c_- c_+", positive=True)
E_uu, E_uv, E_us = symbols("E_uu E_uv E_us", real=True)
c_0, c_1, c_2, tau, delta = symbols("c_0 c_1 c_2 tau delta", real=True)  # tau trace, delta determinant
chi, chi_0, chi_1, chi_2, chi_12, chi_Z = symbols("chi chi_0 chi_1 chi_2 chi_12 chi_Z", real=True)  # chi_Z: of H(D - A)
tau_slow, tau_fast, t_half = symbols(r"\tau_{\text{slow}} \tau_{\text{fast}} t_{1/2}", positive=True)
square_distance = Symbol(r"E\lVert y_a-y_b\rVert^{2}", positive=True)  # of two labels, its mean over independent starts
mean_loss = Symbol("E L", positive=True)
variance, variance_of_pairs = symbols(r"\operatorname{Var}v_k \operatorname{Var}v_{\pm\mu}", nonnegative=True)
late_rate = Symbol(r"-\tfrac{d}{dt}\log\lVert y_a-y_b\rVert", real=True)

# A cycle: its amplitude, the derivative of its growth rate by k, the real part of its cubic coefficient.
A_z = Symbol("A_z", positive=True)
sigma_k, c_z = Symbol(r"\partial_k\sigma", real=True), Symbol(r"\operatorname{Re}c", real=True)

# Pairs of labels with a label, with two; patterns, summed over the pairs with a label.
with_one, with_both = Symbol(r"\#\{S\ni a\}", nonnegative=True), Symbol(r"\#\{S\ni a,b\}", nonnegative=True)
lifted = Symbol(r"\tfrac{1}{f_a}\sum_{S\ni a}F(S)", real=True)

# Patterns on samples F, on labels f; classes as masses and springs; the graph of classes, its adjacency, links, eigenvalue.
F_x, F_s, w_x = (MatrixSymbol(name, N, 1) for name in ("F_x", "F_s", "w_x"))
f, f_2, a_u, w_y = (MatrixSymbol(name, K, 1) for name in ("f", "f_2", "a_u", "w_y"))
S_K, L_K, M_K, C_K = (MatrixSymbol(rf"\mathcal{{{letter}}}", K, K) for letter in "SLMC")
det_r, form_L = Symbol(r"\det(D-A-rH^{-1})", real=True), Symbol(r"f^{T}\mathcal{L}f", real=True)
M_0, M_1, C_0 = (MatrixSymbol(name, K, K) for name in ("M_0", "M_1", "C_0"))
B, F = MatrixSymbol("B", K, K), MatrixSymbol("F", K, K)
b, z_b = symbols("b z_b", real=True)

# Responses: of a label G, towards the root g, of branches h, of their mean G_0; memory k; coefficients; numbers of branches.
G, G_0, g = symbols("G G_0 g", real=True)
h = MatrixSymbol("h", K, 1)
v_a, rho = MatrixSymbol("v_a", N_Z, 1), MatrixSymbol("rho", N_Z, 1)  # modes at a label, and their rates
k, z, alpha = symbols("k z alpha", positive=True)
c_g, c_G = symbols("c_g c_G", integer=True, nonnegative=True)
G_K, B_K, M_b = MatrixSymbol(r"\mathcal{G}", K, K), MatrixSymbol(r"\mathcal{B}", K, K), MatrixSymbol("M_b", 3, 3)
k_t, G_b, G_z, R_t, R_2t, Phi, varrho = symbols(r"k(t) G_b G_z R(t) R(2t) \Phi \varrho", real=True)
z_minus, z_plus, vartheta, x_c, x_G = symbols(r"z_- z_+ \vartheta x_c x_G", real=True)
p_f = MatrixSymbol("p_f", N_Z, 1)  # probabilities of numbers of links

# Two modes with decay, k = kappa/lambda: heads, their product, squared difference; how far heads lie above one.
omega, omega_1, omega_2, p, nu = symbols("omega omega_1 omega_2 p nu", real=True, nonzero=True)
squared_frequency = Symbol(r"\omega^{2}", positive=True)  # of what begins to oscillate
xi, zeta, theta = symbols("xi zeta theta", positive=True)

# Head matrices: conserved Q, what stop-gradient deletes, left eigenvectors at a head of zero; displacements, their residual.
Q_t, Q_0, G_W, B_V, C_V, R, P_W, S_W = (MatrixSymbol(m, d, d) for m in ("Q", "Q_0", "G_W", "B_V", "C_V", "R", "P_W", "S_W"))
q_0 = Symbol("q_0", positive=True)
dV, dW, dv_j = MatrixSymbol(r"\delta V", d, N_Z), MatrixSymbol(r"\delta W", d, d), MatrixSymbol(r"\delta v_j", d, 1)
q_V = MatrixSymbol("q_V", d, N_Z)

# Metrics and what would fall in them; sides of a rectangle.
g_vv, g_vw, g_ww, M_vv, M_vw, M_ww, U = symbols("g_vv g_vw g_ww M_vv M_vw M_ww U", real=True)
l_v, l_w = symbols("l_v l_w", positive=True)

# Linear students: p_xi inputs, n_xi samples Xi; student E, labels T_xi; moments; expected maxima.
p_xi = symbols("p_xi", integer=True, positive=True)
E, T_xi = MatrixSymbol("E", d, N), MatrixSymbol("T_xi", n_xi, K)
R_xi = MatrixSymbol("R_xi", N, N)  # principal axes of the inputs
Sigma, M_xi, P = MatrixSymbol("Sigma", N, N), MatrixSymbol("M_xi", N, K), MatrixSymbol("P", K, K)
e_K, t_K = symbols("e_K t_K", positive=True)
e_2, e_3, e_4, e_5 = (Symbol(f"e_{{K={classes}}}", positive=True) for classes in range(2, 6))
own_mean, other_mean = Symbol(r"\mathbf{E}[\xi_a1_a]", real=True), Symbol(r"\mathbf{E}[\xi_b1_a]", real=True)
psi_hat, psi_class = (Symbol(rf"\mathbf{{E}}\hat\psi{of}", real=True) for of in ("", r"_{\text{class}}"))
met = Symbol(r"\#\{\hat\mu_k=1\}", nonnegative=True)  # how many estimated correlations are one

# Head models: the loss of one mode; squares of all embeddings in the metric of their mobilities, of a mode, of the distance of
# two labels; a mode at the start; the determinant of the head; how fast a mode falls.
L_k, S_H = Symbol("L_k", nonnegative=True), Symbol("S_H", nonnegative=True)
square_k, distance_ab = Symbol(r"\lVert v_k\rVert^{2}", nonnegative=True), Symbol(r"\lVert y_a-y_b\rVert^{2}", nonnegative=True)
v_k0 = MatrixSymbol("v_{k}(0)", d, 1)
n_mu = Symbol("n_mu", integer=True, nonnegative=True)  # distinct correlations of modes at rest
det_W = Symbol(r"\det{(W)}", real=True)
slope_k = Symbol(r"\tfrac{d}{dt}\tfrac12\lVert v_k\rVert^{2}", real=True)

# One mode: what it conserves, its ends, eigenvalues across both lines of rest; how fast head and amplitude move.
Q_e, v_inf, w_inf = Symbol("Q_e", real=True), Symbol(r"v_{\infty}", real=True), Symbol(r"w_{\infty}", real=True)
s_alive, s_dead = Symbol(r"s|_{w=\mu}", real=True), Symbol(r"s|_{v=0}", real=True)
approach, growth = Symbol(r"\tfrac{d}{dt}\tfrac12(w-\mu)^{2}", real=True), Symbol(r"\tfrac{d}{dt}\log|v|", real=True)
head_at_corner, head_at_origin = Symbol(r"\dot{w}|_{Q_e=\mu^2}", real=True), Symbol(r"\dot{w}|_{Q_e=0}", real=True)

# No loss: forces of one mode, curls between blocks, of forces and in a metric, work on a loop; determinant of a metric; where
# a course begins, and how amplitudes grow there; a characteristic polynomial.
G_v, G_w = symbols("G_v G_w", real=True)
curl_xy, curl_xw, curl_yw = (Symbol(f"C(d{{{a}}},d{{{b}'}})", real=True) for a, b in ("XY", "XW", "YW"))
curl_G, curl_gF = (Symbol(rf"\partial_{{v}}{f}_w-\partial_{{w}}{f}_v", real=True) for f in ("G", "(gF)"))
work = Symbol(r"\oint{G_v\,dv+G_w\,dw}", real=True)
det_M, v_past, w_past = Symbol(r"\det{M}", real=True), Symbol(r"v_{-\infty}", real=True), Symbol(r"w_{-\infty}", real=True)
departure = Symbol(r"\partial_v\dot{v}|_{(0,w_0)}", real=True)
chi_k = Symbol(r"\det(s-\mathcal{J}_k)", real=True)

# With decay: critical decays and fractions, eigenvalues, and what a theorem on cycles asks for.
lam_c = Symbol("lambda_c", positive=True)
s_1, s_2, s_minus = symbols("s_1 s_2 s_-", real=True)
phi_c_uniform, phi_c_pairs = symbols(r"\varphi_c^{\text{uniform}} \varphi_c^{\text{pairs}}", real=True)
along_saddle = Symbol(r"\tfrac{dw}{dv}", real=True)
divergence = Symbol(r"\partial_v\tfrac{\dot{v}}{v}+\partial_w\tfrac{\dot{w}}{v}", real=True)
excess = Symbol(r"\tfrac{d}{dt}(w^{2}-\gamma v^{2})", real=True)
w_turned_0, w_turned_mu = symbols(r"\dot{w}|_{w=0} \dot{w}|_{w=\mu}", real=True)

# Two modes with decay: the limit k_c of their ratio, their Hurwitz determinant Delta, and its coefficients at certain heads.
k_c = Symbol("k_c", positive=True)
Delta, chi_J, mu_l = (Symbol(name, real=True) for name in ("Delta", r"\det(s-\mathcal{J})", "mu_l"))
OPPOSITE, FAR, NEAR = r"p^{2}\Delta", r"64p^{2}\Delta(\tfrac14)", r"(1+\theta)^{N}64p^{2}\Delta(\tfrac14)"
least_opposite, least_far, least_near = (Symbol(rf"\min\,[{name}]", real=True) for name in (OPPOSITE, FAR, NEAR))
count_opposite, count_far, count_near = (Symbol(rf"\#\,[{name}]", real=True) for name in (OPPOSITE, FAR, NEAR))

# A head in the mean field of its modes: masses, correlations and growths, one for each; logarithms of growths; an outlier.
m_j, mu_of, g_of, g_dot, g_next = (MatrixSymbol(name, N_Z, 1) for name in ("m_w", "mu_w", "g_w", r"\dot{g}_w", "g_+"))
V_dot, W_dot = MatrixSymbol(r"\dot{V}", d, N_Z), MatrixSymbol(r"\dot{W}", d, d)
A_g, B_g, A_dot, B_dot, w_dot, w_next = symbols(r"A_g B_g \dot{A}_g \dot{B}_g \dot{w} w^+", real=True)
Q_g, Q_dot, g_o, m_o, w_o, w_o_dot = symbols(r"Q_g \dot{Q}_g g_1 m_1 w_1 \dot{w}_1", real=True)
P_mu, Var_mu, m_e, m_decay, epsilon = symbols(r"P_\mu \operatorname{Var}_\mu m_e m_\lambda \epsilon", positive=True)
mu_e = Symbol(r"\mu_e", positive=True)
phi_c, n_c = symbols(r"\phi_c n_c", positive=True)

# Ageing: the density at an edge, its Laplace transform, the derivative of its logarithm, two times, their overlap.
varrho_e, I_B, r_B, t_1, t_2, g_21, C_12 = symbols(r"\varrho_e I_B r_B t_1 t_2 g_{21} C_{12}", positive=True)

# Two times, rows of matrices over n_t times: amplitudes, residuals, fields of the random matrix xi_d, and what these are
# without response; overlaps, responses, propagators; integrals up to each time, and decays; the start of a mode.
n_t = Symbol("n_t", integer=True, positive=True)
v_t, r_t, varphi_t, psi_t, varphi_f, psi_f = (
    MatrixSymbol(name, n_t, d) for name in ("v_t", "r_t", "varphi_t", "psi_t", "varphi_f", "psi_f")
)
C_t, R_t_t, A_t, B_t = (MatrixSymbol(name, n_t, n_t) for name in ("C_t", "R_t", "A_t", "B_t"))
M_t, N_t, Omega_t, F_t = (MatrixSymbol(name, n_t, n_t) for name in ("M_t", "N_t", "Omega_t", "F_t"))
dv_dpsi, dr_dphi = (
    MatrixSymbol(rf"\tfrac1d\operatorname{{tr}}\tfrac{{\partial{{{of}_t}}}}{{\partial{{{by}_f}}}}", n_t, n_t)
    for of, by in (("v", r"\psi"), ("r", r"\varphi"))
)
xi_d, v_row = MatrixSymbol("xi_d", d, d), MatrixSymbol(r"v_{0}^{T}", 1, d)

# The same of a head at rest, at a rate s: responses, of a mode its mean; their parameter, where labels grow; a state at rest.
A_s, B_s, G_s, Delta_s, Delta_c, s_c = symbols("A_s B_s G_s Delta_s Delta_c s_c", real=True)
x_C, C_end, r_v, R_end = symbols(r"x_C C_{\infty} r_v R_{\infty}", real=True)

# Single sites: velocities of components and of the head by each kind of embedding, means over samples, what a label feels.
x_dot, w_by = symbols(r"\dot{x} \dot{w}_x", real=True)
zeta_K = Symbol("zeta_K", positive=True)
w_of_y, w_of_x, w_of_z, mean_x, mean_z, felt = symbols(
    r"\langle\dot{w}_y\rangle \langle\dot{w}_x\rangle \langle\dot{w}_z\rangle \langle{x}\rangle \langle{z}\rangle \hat{x}",
    real=True,
)

# Perturbations under stop-gradient: rates of surviving and of absent modes, how their squares fall, what is enough.
s_lj, s_absent = symbols("s_{lj} s^{0}_{lj}", real=True)
half_square_q, half_square_j = (
    Symbol(rf"\tfrac{{d}}{{dt}}\tfrac12\lVert{{{name}}}\rVert^2", real=True) for name in ("q_V", r"\delta v_j")
)
sigma_least = Symbol(r"\sigma_{\min}(W-\tfrac12\mu_j)", nonnegative=True)

# Any mobilities: a mode's quadratic, the form of a vector z and the largest decay that it bears; folds at certain mobilities.
chi_w, d_x, lam_z = Symbol("chi_w", real=True), Symbol("d_x", positive=True), Symbol("lambda_z", positive=True)
form_z, lam_max = Symbol(r"\tfrac{zQ_wz^{T}}{zDz^{T}}", real=True), Symbol(r"\max_{z}\lambda_z", positive=True)
lam_c_degrees, lam_c_plain, lam_c_many = (
    Symbol(rf"\lambda_c^{{{at}}}", positive=True) for at in ("H=D^{-1}", "H=1", r"n=\infty")
)
label_square_degrees = Symbol(r"\lVert{y_a-y_b}\rVert^2_{H=D^{-1}}", positive=True)

# Whitening: what the Gram matrix of the modes is drawn to, the critical weight, how many survive, how many pass the threshold;
# eigenvalues of an absent mode along a survivor and an empty direction, of a survivor, of two; rotations.
T_V, beta_c = MatrixSymbol("T_V", N_Z, N_Z), Symbol(r"\beta_c", real=True)
rank_V, n_beta = (Symbol(name, integer=True, nonnegative=True) for name in (r"\operatorname{rk}V", r"\#\{1-\mu_k<\beta\}"))
s_jk, s_j0, s_kk, s_kl = symbols("s_{jk} s_{j0} s_{kk} s_{kl}", real=True)
null_J = Symbol(r"\dim\ker\mathcal{J}", integer=True, nonnegative=True)

# Softmax with labels that are redrawn: the margin of a sample, at rest; probabilities of its own label and of another one; the
# least loss; eigenvalues without embeddings and at rest.
margin, margin_end = symbols(r"\Delta \Delta_{\infty}", real=True)
p_own, p_other = symbols("p_{+} p_{-}", real=True)
L_least, s_zero, s_end = symbols(r"L_{\min} s_{0} s_{\infty}", real=True)

# Two views in modes: samples, labels, canonical correlations on a diagonal; second moments of a mode over the pairs, products
# of both views; critical weights; how many modes pass a threshold; the same beside a decay; slow times of families.
V_x, V_y, mu_xy = MatrixSymbol("V_x", d, N), MatrixSymbol("V_y", d, K), MatrixSymbol(r"\mu_{xy}", N, K)
moment_k, moment_decay = (Symbol(rf"\tfrac1m\lVert v_k\rVert{at}^{{2}}", nonnegative=True) for at in ("", r"_{\lambda}"))
product_k, product_decay = (Symbol(rf"\tfrac1m(v_{{x}}\cdot v_{{y}})_{{{at}}}", real=True) for at in ("k", r"k,\lambda"))
alpha_c, alpha_c_decay = symbols(r"\alpha_c \alpha_c^{\lambda}", real=True)
n_alpha, n_plus = (Symbol(name, integer=True, nonnegative=True) for name in (r"\#\{\alpha_c<\alpha\}", r"\#\{\mu_k>0\}"))
tau_uniform, tau_pairs = symbols(r"\tau_{\text{uniform}} \tau_{\text{pairs}}", positive=True)

# Eigenvalues of displacements of two views against each other: of a survivor, along an empty direction, of two survivors
# (trace and determinant).
s_opposite, s_turned, tau_kl, delta_kl = symbols("s_{kk}^{-} s_{k0}^{-} tau_{kl}^{-} delta_{kl}^{-}", real=True)

# Cosines at a temperature: squared lengths of samples and labels; how fast their angles with the mean return to right ones; the
# critical temperature.
q_x, q_y = MatrixSymbol("q_x", N, 1), MatrixSymbol("q_y", K, 1)
s_x, s_y = symbols("s_x s_y", real=True)
temperature_c = Symbol(r"\text{temperature}_c", positive=True)
L_stopped = Symbol(r"L_{\text{stopped}}", real=True)  # where each view is drawn to the other one, stopped

# A hinge on variances: both views in modes, their means; variances of dimensions, covariance, their parts of the loss;
# slopes at the kink; eigenvalues of turns, of views against each other, a determinant; critical weights; a rate of amplitudes.
U_x, U_y = MatrixSymbol("U_x", d, N_Z), MatrixSymbol("U_y", d, N_Z)
mean_x_all, mean_y_all = MatrixSymbol(r"\bar{x}", d, 1), MatrixSymbol(r"\bar{y}", d, 1)
C_kk, C_11, C_22, L_C, L_kl = symbols("C_{kk} C_{11} C_{22} L_{C} L_{kl}", nonnegative=True)
C_kl = Symbol("C_{kl}", real=True)
slope_below, slope_above = symbols(r"L_{C}'|_{-} L_{C}'|_{+}", real=True)
s_angle, s_against = symbols(r"s_{\angle} s_{\pm}", real=True)
det_turns = Symbol(r"\det\mathcal{H}_{\angle}", real=True)
alpha_h = Symbol(r"\alpha_{h}", positive=True)
fall_rate = Symbol(r"-\tfrac{d}{dt}\log{v}", real=True)

# Cross-correlations of both views: of a dimension; how squares of rows change; a critical weight; a rate of turns, and lengths.
C_on = Symbol(r"\mathcal{C}_{kk}", real=True)
length_x, length_y = (Symbol(rf"\tfrac{{d}}{{dt}}\lVert({view})_{{k\cdot}}\rVert^{{2}}", real=True) for view in ("U_x", "U_y"))
alpha_apart, slow_turn = Symbol(r"\alpha_{\perp}", real=True), Symbol(r"r_{\angle}", real=True)
square_row = Symbol(r"\ell^{2}", positive=True)
psi_1, psi_2 = symbols("psi_1 psi_2", positive=True)
# Losses of degree two: their slope; a factor; bounds of what a pair costs by its squared distance; squares at the start.
G_L = MatrixSymbol(r"\partial{L}", d, N_Z)
ones_Z = OneMatrix(N_Z, 1)
C_H = MatrixSymbol("C_H", d, 1)  # the centroid in the metric of the mobilities
g_least, g_most = symbols(r"g_{\min} g_{\max}", positive=True)
S_0 = Symbol(r"{S_H}(0)", nonnegative=True)
energy_J = Symbol(r"\tfrac12\sum{J_{ia}\lVert x_i-y_a\rVert^{2}}", nonnegative=True)
slow_decay = Symbol(r"r_-^{\lambda}", real=True)

# Cosines: angles of labels and of pure samples with the common direction; the total weight; lengths, their clock; how unit
# vectors move; cosines of pairs, how the loss bends; eigenvalues of a ring along its circle and out of it.
angle_y, angle_x, angle_y0 = symbols(r"\vartheta_y \vartheta_x \vartheta_{y0}", real=True)
mass, clock, rate_k = Symbol("m_J", positive=True), Symbol(r"t_\lambda", real=True), Symbol("r_k", real=True)
square_x, square_x0 = symbols(r"\lVert{x_i}\rVert^2 \lVert{x_i(0)}\rVert^2", positive=True)
fall_x = Symbol(r"\tfrac{d}{dt}\lVert{x_i}\rVert^2", real=True)
dZ, C_xy = MatrixSymbol(r"\delta Z", d, N_Z), MatrixSymbol("C_{xy}", N, K)
bend = Symbol(r"\operatorname{tr}\partial^2L", real=True)
apart_ab = Symbol(r"1-\cos\angle({y_a},{y_b})", nonnegative=True)
s_ring, s_out = symbols(r"s_{\parallel} s_{\perp}", real=True)

# A head on directions: its parts across the common direction and along it, their ratio; angles of predictions, what pulls at
# both angles, how predictions turn; squares of the head; its tilt, turns, spread.
w_e, w_m, rho_W = symbols("w_e w_m rho_W", positive=True)
aim_y, aim_x = symbols(r"\hat{\vartheta}_y \hat{\vartheta}_x", real=True)
pull_y, pull_x, turn_y, turn_x = symbols("f_y f_x j_y j_x", real=True)
square_W, fall_W = Symbol(r"\lVert{W}\rVert^2", positive=True), Symbol(r"\tfrac{d}{dt}\lVert{W}\rVert^2", real=True)
rate_g = Symbol("g_W", positive=True)
dw_m = MatrixSymbol(r"\delta w", d, 1)
s_turn, rho_c, spread_a, slope_L = symbols(r"s_{\text{turn}} \rho_c S_{\vartheta} \delta{L}", real=True)
d_angle_y, d_angle_x, d_rho = symbols(r"\delta\vartheta_y \delta\vartheta_x \delta\rho_W", real=True)

# Whitening beside a decay: the critical weight, the square of a survivor.
beta_c_decay, square_decay = (
    Symbol(r"\beta_c^{\lambda}", real=True),
    Symbol(r"\lVert v_k\rVert_{\lambda}^{2}", nonnegative=True),
)

# Of two angles: tangents of their halves, tangents, cosines and sines.
half_y, half_x = symbols("h_y h_x", real=True)
tan_y, tan_x = symbols("t_y t_x", real=True)
cos_y, sin_y, cos_x, sin_x = symbols("c_y s_y c_x s_x", real=True)
