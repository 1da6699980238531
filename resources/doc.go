// Package resources declares the kinds of resources, as a manifest's author sees them.
//
// Each kind has a file of its own (file.go, package.go, …) that declares its [resource.Kind]: attributes,
// documentation, pure preparation, links to other resources and how a change is undone. Changing a machine is the
// provider's task, under internal/providers; internal/app/kinds joins the two. A good kind to start from is sysctl.go:
// CONTRIBUTING.md goes through it.
package resources
