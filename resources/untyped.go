package resources

import (
	"github.com/zclconf/go-cty/cty"

	"converge/internal/resource"
)

// What follows serves providers that do not read structs yet.

// Argv returns the words of the command, or of the guard attr.
func Argv(want cty.Value, attr string) (argv []string, shell bool) {
	e := resource.Must[ExecWant](want)
	switch attr {
	case "only_if":
		return GuardArgv(e.OnlyIf)
	case "unless":
		return GuardArgv(e.Unless)
	}
	return e.Argv()
}

// Guarded is [ExecWant.HasGuard].
func Guarded(want cty.Value) bool {
	e := resource.Must[ExecWant](want)
	return e.HasGuard()
}

// CreatesHome is [UserWant.CreatesHome].
func CreatesHome(want cty.Value) bool {
	u := resource.Must[UserWant](want)
	return u.CreatesHome()
}

// MaxSize is [FileSource.SizeLimit].
func MaxSize(want cty.Value) int64 {
	e := resource.Must[Entry](want)
	return e.SizeLimit()
}
