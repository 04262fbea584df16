// Package problem reports mistakes in what a user wrote: in a rules file, in a file that it refers to, or in the environment.
//
// A [Problem] says where it is (file, line and column, or the name of a variable), what is wrong, and with a hint how to fix it. [Errors]
// are all of them in the order of their positions, so that a user fixes a file once. Package config and package environ collect them;
// commands print them, and a reload sends them to the default receivers.
//
// [Hint] and [OneOf] word the hints: the nearest name that is allowed, or a list of those that are.
//
// A problem never holds the value of a secret, and is shown up to a bounded length: names in it come from the user's file.
package problem
