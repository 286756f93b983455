"""Records of the health service: population, general practice, hospital and ambulance, keeper by keeper."""
