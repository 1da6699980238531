package reference

import (
	"converge/internal/resource"
)

// item is one attribute in both forms of the reference.
type item struct {
	name, kind, doc string
}

// listCommon returns the attributes that blocks of every kind accept.
func listCommon() []item {
	return []item{
		{"depends_on", "list of addresses", "Resources that come first. A reference to another resource's attribute has the same effect."},
		{"notifies", "list of actions", "Actions that follow a change of this resource: `service.nginx.reload` at the end of the run, " +
			"`immediately(service.nginx.reload)` right after the change, `before(service.nginx.stop)` right before it, if there will be one."},
		{"for_each", "map or set of strings", "Makes one resource per element, with `each.key` and `each.value`; the key becomes part of the address."},
		{"when", "bool", "`false`: the resource keeps its place in the order and does nothing."},
		{"on_failure", "string", "The reaction to a failure of this resource: `skip` the resources that depend on it (the default), `continue` as if it had succeeded, " +
			"`stop`: start no further resource, or `rollback`: stop, and take back what the run has changed so far. What commands did stays."},
		{"protect", "bool", "`true`: nothing that converge does removes or replaces the thing: another resource, a purge, a package transaction, `--prune` or a rollback. " +
			"What would do so fails when it is planned. The resource itself still changes the thing in place."},
		{"audit", "bool", "`true`: plans and runs show how the thing differs from what is declared, and never change it."},
	}
}

// listVerbs returns the attributes that follow from a kind's actions.
func listVerbs(k *resource.Kind) []item {
	out := make([]item, 0, len(k.Verbs))
	for _, v := range k.Verbs {
		out = append(out, item{v + "_on", "list of addresses", "Resources whose change makes this one " + v + ": the counterpart of their `notifies`."})
	}
	return out
}
