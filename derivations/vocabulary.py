r"""The letters of the derivations, beside those of the models: one symbol for each name.

A symbol carries the weakest of the signs that it has anywhere; a derivation that needs more states it in the assumptions of its
:class:`theory.Loss`.  Decays and the mobility of the head are those of :mod:`theory.models.vocabulary`.
"""

from sympy import MatrixSymbol, Symbol, symbols

from theory.models.vocabulary import K, N, d

# All embeddings together, as many as modes: embeddings Z, degrees D, adjacency A, mobilities H.
N_Z = Symbol("N_Z", integer=True, positive=True)
Z = MatrixSymbol("Z", d, N_Z)
D, A, H = (MatrixSymbol(name, N_Z, N_Z) for name in "DAH")

# Modes: amplitudes V, correlations mu, frustrations psi, eigenvectors phi; what single ones are called.
V, phi_k = MatrixSymbol("V", d, N_Z), MatrixSymbol("phi_k", N_Z, 1)
mu_matrix, psi_matrix = MatrixSymbol(r"\mu", N_Z, N_Z), MatrixSymbol(r"\psi", N_Z, N_Z)
mu = Symbol("mu", positive=True)
mu_k, mu_j, mu_1, mu_2, mu_3 = symbols("mu_k mu_j mu_1:4", real=True)
psi, psi_uniform, psi_pairs = symbols("psi psi_u psi_p", nonnegative=True)
psi_k = Symbol("psi_k", real=True)
v_k, e = MatrixSymbol("v_k", d, 1), MatrixSymbol("e", d, 1)
S_k, S, L = symbols("S_k S L", nonnegative=True)  # squares of a mode at the start, of all modes; the loss

# One class, one mode, one sector: labels u and y, samples v, s and x, head w; starts, and states at rest.
u, v, w, s, x, y = symbols("u v w s x y", real=True)  # s is the variable of Laplace transforms, too, and eigenvalue
v_0, w_0, x_0, y_0, w_plus, w_minus = symbols("v_0 w_0 x_0 y_0 w_+ w_-", real=True)
v_x, v_y, y_a, y_b, w_r = symbols("v_x v_y y_a y_b w_r", real=True)  # of samples, of labels; what turns a head
a_1, a_2, omega_3, omega_l = symbols("a_1 a_2 omega_3 omega_l", real=True)  # orthogonal modes at rest
a_j = Symbol("a_j", positive=True)

# Data: samples a class, pure ones, frustrated ones; fraction, link weight, links of a class; degrees; mobilities, rates.
n, n_0, n_a, n_b, m, phi, q = symbols("n n_0 n_a n_b m phi q", positive=True)
c = Symbol("c", integer=True, nonnegative=True)
d_a, d_b, d_y = symbols("d_a d_b d_y", positive=True)
eta, eta_x, eta_y, rho_x, rho_y = symbols("eta eta_x eta_y rho_x rho_y", positive=True)
i, j, a = symbols("i j a", integer=True, nonnegative=True)  # indices

# Time, variance, rates, propagators; coefficients of exponentials, and of characteristic polynomials.
t, sigma, r, r_1, r_2, r_3 = symbols("t sigma r r_1:4", positive=True)
slow, fast, c_slow, c_fast = symbols("r_- r_+ c_- c_+", positive=True)
E_uu, E_uv, E_us = symbols("E_uu E_uv E_us", real=True)
c_0, c_1, c_2, tau, delta = symbols("c_0 c_1 c_2 tau delta", real=True)  # tau trace, delta determinant
chi, chi_0, chi_1, chi_2, chi_12 = symbols("chi chi_0 chi_1 chi_2 chi_12", real=True)

# Patterns on samples F, on labels f; classes as masses and springs; the graph of classes, its adjacency, links, eigenvalue.
F_x, w_x = MatrixSymbol("F_x", N, 1), MatrixSymbol("w_x", N, 1)
f, f_2, a_u, w_y = (MatrixSymbol(name, K, 1) for name in ("f", "f_2", "a_u", "w_y"))
S_K, L_K, M_K, C_K = (MatrixSymbol(rf"\mathcal{{{letter}}}", K, K) for letter in "SLMC")
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
xi, zeta, theta = symbols("xi zeta theta", positive=True)

# Head matrices: conserved Q, what stop-gradient deletes, left eigenvectors at a head of zero; displacements, their residual.
Q_t, Q_0, G_W, B_V, C_V, R, P_W, S_W = (MatrixSymbol(m, d, d) for m in ("Q", "Q_0", "G_W", "B_V", "C_V", "R", "P_W", "S_W"))
q_0 = Symbol("q_0", positive=True)
dV, dW, dv_j = MatrixSymbol(r"\delta V", d, N_Z), MatrixSymbol(r"\delta W", d, d), MatrixSymbol(r"\delta v_j", d, 1)
q_V = MatrixSymbol("q_V", d, N_Z)

# Metrics and what would fall in them; sides of a rectangle.
g_vv, g_vw, g_ww, M_vv, M_vw, M_ww, U = symbols("g_vv g_vw g_ww M_vv M_vw M_ww U", real=True)
l_v, l_w = symbols("l_v l_w", positive=True)

# Linear students: p_xi inputs, n_xi samples; student E, samples Xi, labels T_xi; moments; expected maxima.
n_xi, p_xi = symbols("n_xi p_xi", integer=True, positive=True)
E, Xi, T_xi = MatrixSymbol("E", d, N), MatrixSymbol("Xi", N, n_xi), MatrixSymbol("T_xi", n_xi, K)
Sigma, M_xi, P = MatrixSymbol("Sigma", N, N), MatrixSymbol("M_xi", N, K), MatrixSymbol("P", K, K)
e_K, t_K = symbols("e_K t_K", positive=True)

# A head in the mean field of its modes: masses, correlations and growths, one for each; logarithms of growths; an outlier.
m_j, mu_of, g_of, g_dot, g_next = (MatrixSymbol(name, N_Z, 1) for name in ("m_w", "mu_w", "g_w", r"\dot{g}_w", "g_+"))
V_dot, W_dot = MatrixSymbol(r"\dot{V}", d, N_Z), MatrixSymbol(r"\dot{W}", d, d)
A_g, B_g, A_dot, B_dot, w_dot, w_next = symbols(r"A_g B_g \dot{A}_g \dot{B}_g \dot{w} w^+", real=True)
Q_g, Q_dot, g_o, m_o, w_o, w_o_dot = symbols(r"Q_g \dot{Q}_g g_1 m_1 w_1 \dot{w}_1", real=True)
P_mu, Var_mu, m_e, m_decay, epsilon = symbols(r"P_\mu \operatorname{Var}_\mu m_e m_\lambda \epsilon", positive=True)
mu_e = Symbol(r"\mu_e", positive=True)
lambda_c, phi_c, n_c, k_c = symbols(r"\lambda_c \phi_c n_c k_c", positive=True)

# Ageing: the density at an edge, its Laplace transform, the derivative of its logarithm, two times, their overlap.
varrho_e, I_B, r_B, t_1, t_2, g_21, C_12 = symbols(r"\varrho_e I_B r_B t_1 t_2 g_{21} C_{12}", positive=True)

# Single sites: velocities of components and of the head by each kind of embedding, means over samples, what a label feels.
x_dot, w_by = symbols(r"\dot{x} \dot{w}_x", real=True)
zeta_K = Symbol("zeta_K", positive=True)
w_of_y, w_of_x, w_of_z, mean_x, mean_z, felt = symbols(
    r"\langle\dot{w}_y\rangle \langle\dot{w}_x\rangle \langle\dot{w}_z\rangle \langle{x}\rangle \langle{z}\rangle \hat{x}",
    real=True,
)
