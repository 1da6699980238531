package site

import (
	"context"
	"sync"

	"converge/internal/app/environ"
	"converge/internal/manifest"
	"converge/internal/secrets"
)

// readSecrets returns a function that reads the secrets of a manifest. It reads each only once during a run.
func (f *Options) readSecrets(env *environ.Env, src *sources) func(context.Context, manifest.SecretSource) (string, error) {
	var made sync.Mutex
	return func(ctx context.Context, s manifest.SecretSource) (string, error) {
		made.Lock()
		if f.secrets == nil { // not before the first secret is read, because it keeps the files of src open
			f.secrets = secrets.New(secrets.Options{Open: src.Open, Env: env.Vars})
		}
		reader := f.secrets
		made.Unlock()
		return reader.Read(ctx, secrets.Source(s))
	}
}

// ListAlteredSecrets returns the files with secrets that have changed since they were read. The next evaluation reads
// all secrets again if there are any.
func (f *Options) ListAlteredSecrets() []string {
	if f.secrets == nil {
		return nil
	}
	altered := f.secrets.ListAltered()
	if len(altered) > 0 {
		f.secrets = nil
	}
	return altered
}
