// Whether Pipes offers all that System.IO.Pipes and System.IO.Pipes.AccessControl offer, under the same names and with the
// same parameters, so that what is compiled for them compiles for it.
using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.Loader;
using System.Runtime.Versioning;
using Xunit;

namespace Pipes.Tests;

public sealed class SurfaceTests
{
    private const BindingFlags Declared =
        BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;

    private const string OfIdentities = "that class needs an IdentityReference, which .NET has on Windows alone";
    private const string OfRules = "the rules are none of .NET's, see the class";
    private const string OfHandles = "a pipe's security is set by SetAccessControl";
    private const string OfSpans = "the stream has no such member to override there";

    // What is missing, or different, and why. A member is named as `Describe` does, with a part of its parameters.
    private static readonly Dictionary<string, string> s_exceptions = new()
    {
        ["PipeAccessRule: AccessRule"] = OfIdentities,
        ["PipeAuditRule: AuditRule"] = OfIdentities,
        ["PipeSecurity: NativeObjectSecurity"] = OfIdentities,
        ["PipeSecurity is sealed"] = OfIdentities,
        ["PipeSecurity.AccessRuleFactory("] = OfRules,
        ["PipeSecurity.AuditRuleFactory("] = OfRules,
        ["PipeSecurity.GetAccessRules("] = OfRules,
        ["PipeSecurity.GetAuditRules("] = OfRules,
        ["PipeSecurity.ModifyAccessRule("] = OfRules,
        ["PipeSecurity.ModifyAuditRule("] = OfRules,
        ["PipeSecurity.Persist(System.Runtime.InteropServices.SafeHandle handle)"] = OfHandles,
        ["PipeSecurity.Persist(System.String name)"] = OfHandles,
    };

    private static readonly Dictionary<string, string> s_exceptionsOfNetStandard = new()
    {
        ["PipeStream.Read(System.Span"] = OfSpans,
        ["PipeStream.ReadAsync(System.Memory"] = OfSpans,
        ["PipeStream.Write(System.ReadOnlySpan"] = OfSpans,
        ["PipeStream.WriteAsync(System.ReadOnlyMemory"] = OfSpans,
    };

    [Fact]
    public void EveryMemberOfSystemIOPipesIsThere() => Check(typeof(PipeStream).Assembly, s_exceptions);

    /// <summary>The same of what is built for netstandard2.0.</summary>
    [FactOfNetStandard]
    public void EveryMemberOfSystemIOPipesIsThereForNetStandard()
    {
        AssemblyLoadContext context = new("netstandard2.0", isCollectible: true);
        context.Resolving += static (into, name) =>
            FactOfNetStandardAttribute.Beside(name.Name!) is { } file ? into.LoadFromAssemblyPath(file) : null;
        Check(
            context.LoadFromAssemblyPath(FactOfNetStandardAttribute.Built),
            s_exceptions.Concat(s_exceptionsOfNetStandard).ToDictionary(one => one.Key, one => one.Value));
        context.Unload();
    }

    private static void Check(Assembly ours, Dictionary<string, string> exceptions)
    {
        HashSet<string> unused = [.. exceptions.Keys];
        List<string> differences = [];
        foreach (Type theirs in TheirTypes())
        {
            foreach (string difference in DifferencesOf(theirs, ours.GetType(NameOf(theirs))))
            {
                string? exception = exceptions.Keys.FirstOrDefault(one => difference.StartsWith(one, StringComparison.Ordinal));
                if (exception is null)
                {
                    differences.Add(difference);
                }
                else
                {
                    unused.Remove(exception);
                }
            }
        }

        Assert.True(differences.Count == 0, $"\n{string.Join('\n', differences)}");
        Assert.True(unused.Count == 0, $"No exceptions any more:\n{string.Join('\n', unused)}");
    }

    private static IEnumerable<Type> TheirTypes() =>
        new[] { "System.IO.Pipes", "System.IO.Pipes.AccessControl" }.SelectMany(name => Assembly.Load(name).GetExportedTypes());

    // Each begins with what it is of, which an exception names, and goes on with how it differs.
    private static IEnumerable<string> DifferencesOf(Type theirs, Type? ours)
    {
        if (ours is null || !ours.IsVisible)
        {
            yield return theirs.Name;
            yield break;
        }

        if (ours.IsSealed && !theirs.IsSealed)
        {
            yield return $"{theirs.Name} is sealed";
        }

        if (ours.IsAbstract != theirs.IsAbstract)
        {
            yield return $"{theirs.Name} -- {ours.Attributes}";
        }

        if (NameOf(theirs.BaseType!) != NameOf(ours.BaseType!))
        {
            yield return $"{theirs.Name}: {theirs.BaseType!.Name} -- {ours.BaseType!.Name}";
        }

        foreach (Type offered in theirs.GetInterfaces().Where(offered => offered.IsPublic))
        {
            if (ours.GetInterface(NameOf(offered)) is null)
            {
                yield return $"{theirs.Name}: {offered.Name}";
            }
        }

        foreach (string difference in AttributesOf(theirs).Except(AttributesOf(ours)))
        {
            yield return $"{theirs.Name}: {difference}";
        }

        foreach (MemberInfo member in MembersOf(theirs))
        {
            string what = $"{theirs.Name}.{Describe(member)}";
            MemberInfo? found = MembersOf(ours, all: true).FirstOrDefault(one => Describe(one) == Describe(member));
            if (found is null)
            {
                string[] similar = [.. MembersOf(ours).Where(one => one.Name == member.Name).Select(Describe)];
                yield return similar.Length == 0 ? what : $"{what} -- there is {string.Join(" and ", similar)}";
                continue;
            }

            string wanted = DetailsOf(member, ours.IsSealed);
            string own = DetailsOf(found, ours.IsSealed);
            if (wanted != own)
            {
                yield return $"{what} -- {wanted}; ours {own}";
            }

            foreach (string difference in AttributesOf(member).Except(AttributesOf(found)))
            {
                yield return $"{what}: {difference}";
            }
        }

        // Everything works everywhere, and the compiler is not told otherwise.
        foreach (MemberInfo member in MembersOf(ours).Append(ours))
        {
            if (member.GetCustomAttributesData().Any(one => typeof(OSPlatformAttribute).IsAssignableFrom(one.AttributeType)))
            {
                yield return $"{theirs.Name}.{Describe(member)} -- is not for every system";
            }
        }
    }

    // What others can see of a type: its own members, and those of its bases but for what any stream or handle has. What
    // whoever derives can see of the bases of theirs is none of these types'.
    private static IEnumerable<MemberInfo> MembersOf(Type type, bool all = false)
    {
        HashSet<string> seen = [];
        for (Type? at = type; at is not null && (all || !IsShared(at)); at = at.BaseType)
        {
            bool isTheirs = at.Assembly != type.Assembly && !all;
            foreach (MemberInfo member in at.GetMembers(Declared))
            {
                bool mayCount = member switch
                {
                    ConstructorInfo made => at == type && IsVisible(made) && !made.IsStatic,
                    MethodInfo method => (isTheirs ? method.IsPublic : IsVisible(method)) && method.Name != "Finalize",
                    FieldInfo field => (field.IsPublic || field.IsFamily) && !field.IsSpecialName,
                    _ => false, // of a property count its methods
                };
                if (mayCount && seen.Add(Describe(member)))
                {
                    yield return member;
                }
            }
        }
    }

    private static bool IsShared(Type type) =>
        type == typeof(object) || type == typeof(Stream) || type == typeof(Enum) || type == typeof(MulticastDelegate) ||
        type.Name == "SafeHandleZeroOrMinusOneIsInvalid";

    private static bool IsVisible(MethodBase method) => method.IsPublic || method.IsFamily || method.IsFamilyOrAssembly;

    // What has to be the same to be the same member.
    private static string Describe(MemberInfo member) => member switch
    {
        MethodBase method =>
            $"{method.Name}({string.Join(", ", method.GetParameters().Select(one => $"{NameOf(one.ParameterType)} {one.Name}"))})",
        _ => member.Name,
    };

    // What else has to be.
    private static string DetailsOf(MemberInfo member, bool isSealed) => member switch
    {
        MethodInfo method =>
            $"{NameOf(method.ReturnType)}{(method.IsStatic ? " static" : "")}{(method.IsPublic ? " public" : "")}" +
            $"{(method.IsVirtual && !method.IsFinal && !isSealed ? " virtual" : "")}" +
            $"{NullabilityOf(method.ReturnParameter)}{ParametersOf(method)}",
        MethodBase method => ParametersOf(method),
        FieldInfo { IsLiteral: true } field => $"{NameOf(field.FieldType)} = {field.GetRawConstantValue()}",
        FieldInfo field => NameOf(field.FieldType),
        _ => "",
    };

    private static string ParametersOf(MethodBase method) => string.Concat(method.GetParameters().Select(one =>
        $", {one.Name}{NullabilityOf(one)}{(one.HasDefaultValue ? $" = {one.DefaultValue ?? "default"}" : "")}" +
        $"{(one.IsDefined(typeof(ParamArrayAttribute)) ? " params" : "")}{(one.IsOut ? " out" : "")}"));

    private static string NullabilityOf(ParameterInfo parameter)
    {
        NullabilityInfo info = new NullabilityInfoContext().Create(parameter);
        return info.WriteState == NullabilityState.Nullable || info.ReadState == NullabilityState.Nullable ? "?" : "";
    }

    private static IEnumerable<string> AttributesOf(MemberInfo member) =>
        from attribute in member.GetCustomAttributesData()
        let type = attribute.AttributeType
        where type == typeof(FlagsAttribute) || type == typeof(ObsoleteAttribute) || type == typeof(ExtensionAttribute)
        select type.Name;

    // By its name, with ours for theirs.
    private static string NameOf(Type type)
    {
        if (type.IsGenericType)
        {
            return $"{type.Namespace}.{type.Name}<{string.Join(", ", type.GetGenericArguments().Select(NameOf))}>";
        }

        return (type.FullName ?? type.Name).Replace("System.IO.Pipes.", "Pipes.", StringComparison.Ordinal)
            .Replace("Microsoft.Win32.SafeHandles.SafePipeHandle", "Pipes.SafePipeHandle", StringComparison.Ordinal);
    }

    /// <summary>A fact about what is built for netstandard2.0, where it is.</summary>
    private sealed class FactOfNetStandardAttribute : FactAttribute
    {
        public FactOfNetStandardAttribute()
        {
            if (!File.Exists(Built))
            {
                Skip = "nothing is built for netstandard2.0 here";
            }
        }

        public static string Built => Beside("Pipes") ?? "";

        /// <summary>An assembly that the build for netstandard2.0 needs and the framework has not.</summary>
        public static string? Beside(string name) =>
            typeof(SurfaceTests).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>()
                .Where(one => one.Key == "netstandard2.0")
                .Select(one => Path.Combine(one.Value!, $"{name}.dll"))
                .FirstOrDefault(File.Exists);
    }
}
