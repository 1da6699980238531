// Package app carries out commands: it loads a site, opens the state folder and the views, plans, applies, takes back,
// and shows earlier runs. Each command of cmd/converge calls one function here, such as [Plan], [Apply], [Rollback],
// [ShowStatus], with the options that its flags filled in.
//
// Start with [Apply], and session, which holds what belongs to one run. It decides nothing about resources (package
// engine does), and reads no flag.
package app
