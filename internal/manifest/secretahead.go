package manifest

import "sync"

// readingAhead is how many secrets are read at a time.
const readingAhead = 8

// readAhead starts to read the secrets that programs print, if there are several that depend on no other value: each may
// take seconds, and they are independent.
func (l *loader) readAhead(nodes []*node) {
	if l.opts.WithoutSecrets || l.opts.ReadSecret == nil {
		return
	}
	var ahead []*node
	for _, n := range nodes {
		if n.secret != nil && n.secret.needed && len(n.refs) == 0 && n.secret.runsProgram() {
			ahead = append(ahead, n)
		}
	}
	if len(ahead) < 2 {
		return
	}
	free := make(chan struct{}, readingAhead)
	for _, n := range ahead {
		source, diags, ok := n.findSource()
		if !ok || diags.HasErrors() {
			continue // its evaluation reports the error
		}
		read := sync.OnceValues(func() (string, error) {
			free <- struct{}{}
			defer func() { <-free }()
			return l.opts.ReadSecret(l.ctx, source)
		})
		n.secret.read = read
		go func() { _, _ = read() }() // the evaluation gets both results
	}
}

// runsProgram reports whether a program prints the secret.
func (s *secretBlock) runsProgram() bool {
	return s.from.Name == "command" || s.from.Name == "sops" || s.from.Name == "credential"
}
