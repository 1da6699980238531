package resource

// Invalidator is a Provider that keeps what it has read of the machine, or that
// has to react to changes of other providers: systemd reads its unit files again,
// and its generators their inputs. After its own changes a provider invalidates on
// its own.
//
// The engine calls Invalidate after every effect of another provider, and before
// it observes the whole site again; the next Observe then reads the machine. A
// plan never calls it.
//
// because are the changes that the other provider has made, well or badly. nil
// means that anything may have changed: a package drops files, a command does
// anything. An empty slice that is not nil means that no change of a resource is
// known: an action was run, or time has passed.
type Invalidator interface {
	Invalidate(because []Change)
}
