@main struct Roost { static func main() {} }
