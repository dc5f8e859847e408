// Runs the tests of this program and tells of each in a line: `run NAME`, `fail NAME` or `skip NAME: WHY`. What a test
// failed with follows, indented. Arguments: parts of names, and the tests that have one are run. Where Wine is taken for
// Windows, those in wine.txt are skipped.
using System;
using System.Collections.Concurrent;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Reflection;
using System.Runtime.InteropServices;
using System.Threading;
using Xunit.Abstractions;
using Xunit.Sdk;

namespace Pipes.Tests;

internal static class Program
{
    private static int Main(string[] parts)
    {
        if (parts is ["--write", _, _])
        {
            return Child.Write(parts[1], parts[2]);
        }

        AssemblyName name = typeof(Pair).Assembly.GetName();
        using Listener listener = new();
        XunitTestFramework framework = new(listener);
        Options options = new();
        ReflectionAssemblyInfo assembly = new(typeof(Pair).Assembly);
        using (ITestFrameworkDiscoverer discoverer = framework.GetDiscoverer(assembly))
        {
            using ManualResetEventSlim found = new();
            listener.Ended = found.Set;
            discoverer.Find(includeSourceInformation: false, listener, options);
            found.Wait();
        }

        List<ITestCase> chosen = listener.Found
            .Where(test => parts.Length == 0 || parts.Any(test.DisplayName.Contains))
            .Where(test => listener.MayRun(test))
            .ToList();
        // All tests go on on this thread. Otherwise xunit makes one for each step, and Wine loses the count of a read whose
        // thread ends at the same time.
        using (ITestFrameworkExecutor executor = framework.GetExecutor(name))
        {
            Pump pump = new();
            listener.Ended = pump.End;
            SynchronizationContext.SetSynchronizationContext(pump);
            executor.RunTests(chosen, listener, options);
            pump.Run();
        }

        Console.Out.Flush();
        return listener.Failed == 0 && chosen.Count > 0 ? 0 : 1;
    }

    // Runs what is posted, one after the other, on the thread that calls Run.
    private sealed class Pump : SynchronizationContext
    {
        private readonly BlockingCollection<(SendOrPostCallback Call, object? State)> _posted = [];

        public override void Post(SendOrPostCallback call, object? state) => _posted.Add((call, state));

        public override SynchronizationContext CreateCopy() => this;

        public void End() => _posted.CompleteAdding();

        public void Run()
        {
            foreach ((SendOrPostCallback call, object? state) in _posted.GetConsumingEnumerable())
            {
                call(state);
            }
        }
    }

    // What the framework is told; all of it is left as it is.
    private sealed class Options : ITestFrameworkDiscoveryOptions, ITestFrameworkExecutionOptions
    {
        private readonly Dictionary<string, object?> _values = [];

        public TValue GetValue<TValue>(string name) => _values.TryGetValue(name, out object? value) ? (TValue)value! : default!;

        public void SetValue<TValue>(string name, TValue value) => _values[name] = value;
    }

    private sealed class Listener : IMessageSink, IDisposable
    {
        private readonly Dictionary<string, string> _skips = IsWine() ? ReadSkips() : [];

        // A test that takes longer hangs.
        private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);

        private readonly TextWriter _out = Console.Out;
        private string _running = "";
        private Timer? _watchdog;

        public List<ITestCase> Found { get; } = [];

        public int Failed { get; private set; }

        /// <summary>What is called when all were found, and when all have run.</summary>
        public Action Ended { get; set; } = static () => { };

        public bool OnMessage(IMessageSinkMessage message)
        {
            switch (message)
            {
                case ITestCaseDiscoveryMessage found:
                    Found.Add(found.TestCase);
                    break;
                case ITestStarting starting:
                    _running = starting.Test.DisplayName;
                    _watchdog = new Timer(_ => GiveUp(), null, s_patience, Timeout.InfiniteTimeSpan);
                    break;
                case ITestFinished:
                    _watchdog?.Dispose();
                    break;
                case ITestPassed passed:
                    Tell("run", passed.Test.DisplayName);
                    break;
                case ITestSkipped skipped:
                    Tell("skip", $"{skipped.Test.DisplayName}: {skipped.Reason}");
                    break;
                case ITestFailed failed:
                    Fail(failed.Test.DisplayName, failed);
                    break;
                case IErrorMessage error:
                    Fail("xunit", error);
                    break;
                case IDiscoveryCompleteMessage or ITestAssemblyFinished:
                    Ended();
                    break;
            }

            return true;
        }

        /// <summary>Whether it is to run here. Tells of it if not.</summary>
        public bool MayRun(ITestCase test)
        {
            foreach ((string name, string why) in _skips)
            {
                if (test.DisplayName.EndsWith(name, StringComparison.Ordinal))
                {
                    Tell("skip", $"{test.DisplayName}: {why}");
                    return false;
                }
            }

            return true;
        }

        public void Dispose() => _watchdog?.Dispose();

        // Nothing else has this function.
        private static bool IsWine() => NativeLibrary.TryGetExport(NativeLibrary.Load("ntdll.dll"), "wine_get_version", out _);

        // Lines of a name's end and, after " -- ", why it is skipped.
        private static Dictionary<string, string> ReadSkips() =>
            File.ReadLines(Path.Combine(AppContext.BaseDirectory, "wine.txt"))
                .Where(line => line.Length > 0 && line[0] != '#')
                .Select(line => line.Split(" -- ", 2))
                .ToDictionary(parts => parts[0], parts => parts[1]);

        private void Fail(string name, IFailureInformation why)
        {
            Failed++;
            Tell("fail", name);
            for (int i = 0; i < why.Messages.Length; i++)
            {
                string text = $"{why.ExceptionTypes[i]}: {why.Messages[i]}\n{why.StackTraces[i]}";
                _out.WriteLine("  " + text.Replace("\r", "").Replace("\n", "\n  "));
            }

            _out.Flush();
        }

        private void GiveUp()
        {
            Tell("fail", _running);
            _out.WriteLine($"  it took longer than {s_patience.TotalSeconds} s; nothing after it was run");
            _out.Flush();
            Environment.Exit(1);
        }

        private void Tell(string status, string name)
        {
            _out.WriteLine($"{status} {name}");
            _out.Flush();
        }
    }
}
