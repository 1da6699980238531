// Package packing is the commands pack and repo as a user sees them: flags, help and completion. Start with
// [PackCommand] and [RepoCommand].
//
// Two programs have these commands. converge-pkg carries them out. converge shows their help, and delegates the rest
// to converge-pkg ([Delegate]), because the code that builds packages would be a third of converge.
package packing
