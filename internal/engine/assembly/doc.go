// Package assembly makes one site of the resources that a manifest declares.
//
// Start with [Assemble]. It finds out which names mean one thing ([Identity]),
// merges the resources of one thing, and draws the edges between the rest
// ([Link]): what the manifest spells out, what the kinds know of each other, and
// that a thing goes after what depends on it.
//
// It observes nothing and changes nothing; of the machine it only asks for names
// ([Names]). What is known only once the machine was looked at, the engine adds
// to the graph.
package assembly
