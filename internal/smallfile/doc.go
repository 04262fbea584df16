// Package smallfile reads files that users name. A read ends soon, whatever the path leads to.
package smallfile
