"""From matrix flows to the amplitudes of modes."""
