// Package packing is the commands pack and repo as a user sees them: flags, help
// and completion. Start with [PackCommand] and [RepoCommand].
//
// Two programs have these commands. converge-pkg carries them out; converge shows
// their help, and has converge-pkg do the rest ([Delegate]), because what builds
// packages would be a third of converge.
package packing
