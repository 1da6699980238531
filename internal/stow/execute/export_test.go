package execute

// WithoutExchange makes a run behave as on a file system without
// RENAME_EXCHANGE.
func WithoutExchange(o Options) Options {
	o.noExchange = true
	return o
}
