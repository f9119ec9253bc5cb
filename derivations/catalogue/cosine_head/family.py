def family_steps(at_degrees): return ()
