"""The built-in games as environments of PettingZoo and Gymnasium. Knows games; knows no network."""
