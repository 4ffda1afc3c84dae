// Placeholder until the module's code is written.
